-- Make a counter from the book of record, unless this epoch or a later one has it.
-- KEYS[1] the counter.  ARGV: epoch stopped alerted, then for each owner: owner spent level.
local key = KEYS[1]
if tonumber(redis.call('HGET', key, 'epoch') or '-1') >= tonumber(ARGV[1]) then return 0 end
redis.call('DEL', key)
local spent, leased = 0, 0
for i = 4, #ARGV, 3 do
  spent, leased = spent + tonumber(ARGV[i + 1]), leased + tonumber(ARGV[i + 2])
  redis.call('HSET', key, 's:' .. ARGV[i], ARGV[i + 1], 'l:' .. ARGV[i], ARGV[i + 2])
end
redis.call('HSET', key, 'epoch', ARGV[1], 'spent', string.format('%.0f', spent),
  'leased', string.format('%.0f', leased), 'stopped', ARGV[2], 'alerted', ARGV[3])
return 1

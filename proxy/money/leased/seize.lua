-- Count the lease of an owner that is lost as spent. Safe to repeat. Answers all that it counts for then.
-- KEYS[1] the counter.  ARGV: epoch owner
local key, owner = KEYS[1], ARGV[2]
local h = redis.call('HMGET', key, 'epoch', 'spent', 'leased', 's:' .. owner, 'l:' .. owner)
if h[1] ~= ARGV[1] then return false end
local level, told = tonumber(h[5] or '0'), tonumber(h[4] or '0')
local function text(number) return string.format('%.0f', number) end
if level > 0 then
  redis.call('HSET', key, 'spent', text(tonumber(h[2]) + level), 'leased', text(tonumber(h[3]) - level),
    's:' .. owner, text(told + level), 'l:' .. owner, '0')
end
return text(told + level)

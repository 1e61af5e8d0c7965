-- The request ARGV[1] still runs: lease its places for ARGV[2] seconds more. A place that was lost is taken again.
local time = redis.call('TIME')
local ends = (tonumber(time[1]) + tonumber(ARGV[2])) * 1000000
for _, key in ipairs(KEYS) do
  redis.call('ZADD', key, ends, ARGV[1])
  redis.call('EXPIRE', key, ARGV[2])
end
return {}

-- A request has ended. KEYS: its parallel buckets, then those whose charge is corrected. ARGV: id, how many of the first
-- kind, then for each of the second: limit, and the difference to the truth.
local MINUTE, SECOND = 60000000, 1000000
local time = redis.call('TIME')
local now = tonumber(time[1]) * SECOND + tonumber(time[2])
local places = tonumber(ARGV[2])
for place, key in ipairs(KEYS) do
  if place <= places then
    redis.call('ZREM', key, ARGV[1])
  else
    local at = 2 + (place - places - 1) * 2
    local limit, more = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
    local cost = math.ceil(math.abs(more) * MINUTE / limit)
    local empty = tonumber(redis.call('GET', key) or '0')
    if more > 0 then empty = math.max(empty, now) + cost else empty = empty - cost end
    if empty > now then
      redis.call('SET', key, string.format('%.0f', empty), 'PX', math.ceil((empty - now) / 1000) + 1000)
    else
      redis.call('DEL', key)
    end
  end
end
return {}

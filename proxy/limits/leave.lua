-- A request has ended. KEYS: the life of the buckets, its parallel ones, then those whose charge is corrected. ARGV: id,
-- how many of the first kind, the life in which it was charged, then for each of the second: limit, and the difference
-- to the truth. Buckets of another life never saw the charge: they are not corrected.
local MINUTE, SECOND = 60000000, 1000000
local time = redis.call('TIME')
local now = tonumber(time[1]) * SECOND + tonumber(time[2])
local places = tonumber(ARGV[2])
local known = redis.call('GET', KEYS[1]) == ARGV[3]
for place = 1, #KEYS - 1 do
  local key = KEYS[place + 1]
  if place <= places then
    redis.call('ZREM', key, ARGV[1])
  elseif known then
    local at = 3 + (place - places - 1) * 2
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

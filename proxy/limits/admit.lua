-- Take all charges or none. KEYS: the life of the buckets, then a bucket each. ARGV: id, seconds that a parallel place
-- is leased, then for each bucket: measure, limit, burst, amount.
-- A bucket is the time at which it will be empty again, in microseconds of this server's clock; a `parallel` one a
-- sorted set of who runs, by the end of their lease. Returns: place of the denied charge (-1: none), microseconds to
-- wait (-1: it never fits), the life, then for each bucket what remains and microseconds until it is as if never used.
local MINUTE, SLACK, SECOND = 60000000, 1000, 1000000
local time = redis.call('TIME')
local now = tonumber(time[1]) * SECOND + tonumber(time[2])
local id, lease = ARGV[1], tonumber(ARGV[2])
local life = redis.call('GET', KEYS[1]) or string.format('%.0f', now)

local buckets, denied, longest, never = {}, -1, 0, false
for place = 1, #KEYS - 1 do
  local key, at = KEYS[place + 1], 2 + (place - 1) * 4
  local b = {key = key, parallel = ARGV[at + 1] == 'parallel', limit = tonumber(ARGV[at + 2]),
             burst = tonumber(ARGV[at + 3])}
  local amount, wait = tonumber(ARGV[at + 4]), 0
  if b.parallel then
    redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
    b.running = redis.call('ZCARD', key)
    if b.running >= b.limit and not redis.call('ZSCORE', key, id) then wait = SECOND end
  else
    b.cost = math.ceil(amount * MINUTE / b.limit)
    b.window = math.ceil(b.burst * MINUTE / b.limit) + SLACK
    b.empty = math.max(tonumber(redis.call('GET', key) or '0'), now)
    wait = b.empty + b.cost - now - b.window
  end
  buckets[place] = b
  if not never and not b.parallel and amount > b.burst then
    denied, longest, never = place - 1, -1, true
  elseif not never and wait > longest then
    denied, longest = place - 1, wait
  end
end

if denied < 0 then redis.call('SET', KEYS[1], life, 'NX') end
local told = {denied, longest, tonumber(life)}
for _, b in ipairs(buckets) do
  if b.parallel then
    if denied < 0 then
      redis.call('ZADD', b.key, now + lease * SECOND, id)
      redis.call('EXPIRE', b.key, lease)
      b.running = redis.call('ZCARD', b.key)
    end
    told[#told + 1] = math.max(0, b.limit - b.running)
    told[#told + 1] = 0
  else
    if denied < 0 then
      b.empty = b.empty + b.cost
      redis.call('SET', b.key, string.format('%.0f', b.empty), 'PX', math.ceil((b.empty - now) / 1000) + 1000)
    end
    local left = math.floor((b.window - (b.empty - now)) * b.limit / MINUTE)
    told[#told + 1] = math.min(b.burst, math.max(0, left))
    told[#told + 1] = b.empty - now
  end
end
return told

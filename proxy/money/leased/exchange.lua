-- One owner's message about one counter: tell what was booked, give back or take lease. All or nothing, safe to repeat.
-- KEYS[1] the counter, KEYS[2] owners that were counted as lost.  ARGV: epoch owner seq cum owed need want limit stop_at(0: none) least
-- alert marks...
-- Numbers are integers up to 2^53, which doubles hold exactly; they are written with %.0f.
local key, owner = KEYS[1], ARGV[2]
local epoch, seq, cum, owed, need, want, limit, stop_at, least =
  tonumber(ARGV[1]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]),
  tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
local function text(number) return string.format('%.0f', number) end

if redis.call('SISMEMBER', KEYS[2], owner) == 1 then return {'lost'} end
local h = redis.call('HMGET', key, 'epoch', 'spent', 'leased', 'stopped', 'alerted',
  's:' .. owner, 'l:' .. owner, 'q:' .. owner)
local here = tonumber(h[1] or '-1')
if here < epoch then return {'absent'} end
if here > epoch then return {'stale'} end
local spent, leased, stopped, alerted = tonumber(h[2]), tonumber(h[3]), tonumber(h[4]), tonumber(h[5])
local told, level, last = tonumber(h[6] or '0'), tonumber(h[7] or '0'), tonumber(h[8] or '-1')

local function answer()
  return {'ok', text(spent), text(leased), text(level), text(stopped), text(alerted), text(told)}
end
if seq <= last then return answer() end -- a repeated or overtaken message: the answer is what stands

local booked = cum - told
spent = spent + booked
if stop_at > 0 and spent >= stop_at and stop_at > stopped then stopped = stop_at end
local kept = math.max(0, level - math.max(booked, 0))
local others = leased - level
local granted = math.min(want, kept)
if want > kept and not (stop_at > 0 and (spent >= stop_at or stopped >= stop_at)) then
  local room = math.max(0, limit - spent - others - kept)
  local must = math.max(0, need - kept)
  granted = kept + math.min(must, room)
  if must > room and others > 0 then redis.call('PUBLISH', 'halfpenny:recall', key) end
  if room > must then -- what is not needed yet shrinks near the limit, so that nobody waits for idle money
    granted = granted + math.min(want - math.max(need, kept), math.floor((room - must) / 8))
  end
end
if granted - owed < least then granted = owed end -- too little for whoever waits: it may be what another lacks
granted = math.max(granted, owed) -- promised money stays counted, whatever the limit has become
leased, level, told = others + granted, granted, cum

for i = 11, #ARGV do
  local mark = tonumber(ARGV[i])
  if alerted < mark and mark <= spent then alerted = mark end
end
redis.call('HSET', key, 'spent', text(spent), 'leased', text(leased), 'stopped', text(stopped),
  'alerted', text(alerted), 's:' .. owner, text(cum), 'l:' .. owner, text(granted), 'q:' .. owner, ARGV[3])
return answer()

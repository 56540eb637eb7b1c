-- Takes all seats for one buyer, or none.
-- KEYS  seats, holds, hold, owned, idempotency, granted, conflicts, sold-out, deltas, then free of each seat's section
-- ARGV  step (all, check, take), now µs, deadline µs, hold, buyer, purchase limit, hash of the request, ms for which a key and
--       a record are remembered, entries of deltas, then the seats
-- Gives {'held', hold, deadline}, {'taken', seat …}, {'sold-out'}, {'over-limit', owned} or {'key-reused'}.
local seats, holds, hold, owned, key, granted, conflicts, soldOut, deltas = unpack(KEYS, 1, 9)
local step, nowUs, deadlineUs, id, buyer, limit, hash, rememberMs, retain = unpack(ARGV, 1, 9)
local wanted = {unpack(ARGV, 10)}
local freeOf = function(index) return KEYS[9 + index] end

if step ~= 'take' then
  local earlier = redis.call('HMGET', key, 'hash', 'hold', 'deadlineUs')
  if earlier[1] then
    if earlier[1] ~= hash then return {'key-reused'} end
    return {'held', earlier[2], earlier[3]}
  end
  local owns = tonumber(redis.call('GET', owned) or 0)
  if owns + #wanted > tonumber(limit) then return {'over-limit', tostring(owns)} end
  local taken = {}
  for index, seat in ipairs(wanted) do
    if redis.call('SISMEMBER', freeOf(index), seat) == 0 then taken[#taken + 1] = seat end
  end
  if #taken > 0 then
    if redis.call('EXISTS', soldOut) == 1 then return {'sold-out'} end
    redis.call('INCR', conflicts)
    return {'taken', unpack(taken)}
  end
  if step == 'check' then return {'held', id, deadlineUs} end
end

local list = cjson.encode(wanted)
for index, seat in ipairs(wanted) do
  redis.call('SREM', freeOf(index), seat)
  redis.call('HSET', seats, seat, 'held:' .. id)
end
redis.call('HSET', hold, 'buyer', buyer, 'seats', list, 'deadlineUs', deadlineUs, 'state', 'open', 'heldAtUs', nowUs)
redis.call('ZADD', holds, deadlineUs, id)
redis.call('INCRBY', owned, #wanted)
redis.call('INCR', granted)
redis.call('HSET', key, 'hash', hash, 'hold', id, 'deadlineUs', deadlineUs)
redis.call('PEXPIRE', key, rememberMs)
redis.call('XADD', deltas, 'MAXLEN', '~', retain, '0-*', 'state', 'held', 'seats', list, 'atUs', nowUs)
return {'held', id, deadlineUs}

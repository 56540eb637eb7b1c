-- Gives the seats of a hold back: by its buyer while it is open, or by the booking that is paying for it.
-- KEYS  seats, holds, hold, deltas
-- ARGV  now µs, hold, buyer, booking ('' for the buyer), ms for which a record is remembered, entries of deltas, prefix of free,
--       prefix of owned
-- Gives {'released', 1 when it was this call, µs since which it was held}, or {'unknown'}, {'not-yours'}, {'paying'}, {'sold'}.
local seats, holds, hold, deltas = unpack(KEYS)
local nowUs, id, buyer, booking, rememberMs, retain, freePrefix, ownedPrefix = unpack(ARGV)

local record = redis.call('HMGET', hold, 'state', 'buyer', 'seats', 'booking', 'heldAtUs')
local state, owner, list, payer, heldAtUs = unpack(record)
if not state then return {'unknown'} end
if owner ~= buyer then return {'not-yours'} end
if state == 'released' then return {'released', 0, heldAtUs} end
if state == 'sold' then return {'sold'} end
if state == 'paying' and payer ~= booking then return {'paying'} end

for _, seat in ipairs(cjson.decode(list)) do
  -- What another has by now is not this hold's to give.
  if redis.call('HGET', seats, seat) == 'held:' .. id then
    redis.call('HDEL', seats, seat)
    redis.call('SADD', freePrefix .. string.match(seat, '^(.+)%-%d+%-%d+$'), seat)
  end
end
redis.call('HSET', hold, 'state', 'released')
redis.call('PEXPIRE', hold, rememberMs)
redis.call('ZREM', holds, id)
redis.call('DECRBY', ownedPrefix .. owner, #cjson.decode(list))
redis.call('XADD', deltas, 'MAXLEN', '~', retain, '0-*', 'state', 'free', 'seats', list, 'atUs', nowUs)
return {'released', 1, heldAtUs}

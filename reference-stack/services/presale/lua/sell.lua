-- Makes the seats of a hold that is being paid its booking's own, for good.
-- KEYS  seats, holds, hold, deltas, number of seats sold
-- ARGV  now µs, hold, booking, ms for which a record is remembered, entries of deltas
-- Gives {'sold', 1 when it was this call, µs since which it was held, seats}, or {'unknown'}, {'released'}, {'not-paying'}: then nobody may keep the money.
local seats, holds, hold, deltas, soldSeats = unpack(KEYS)
local nowUs, id, booking, rememberMs, retain = unpack(ARGV)

local record = redis.call('HMGET', hold, 'state', 'buyer', 'seats', 'booking', 'heldAtUs')
local state, buyer, list, payer, heldAtUs = unpack(record)
if not state then return {'unknown'} end
if state == 'released' then return {'released'} end
if payer ~= booking then return {'not-paying'} end
if state == 'sold' then return {'sold', 0, heldAtUs, list} end

for _, seat in ipairs(cjson.decode(list)) do
  -- A seat that was sold before (a bug) is one seat all the same.
  if not string.find(redis.call('HGET', seats, seat) or '', '^sold:') then redis.call('INCR', soldSeats) end
  redis.call('HSET', seats, seat, 'sold:' .. booking .. ':' .. buyer)
end
redis.call('HSET', hold, 'state', 'sold')
redis.call('PEXPIRE', hold, rememberMs)
redis.call('ZREM', holds, id)
redis.call('XADD', deltas, 'MAXLEN', '~', retain, '0-*', 'state', 'sold', 'seats', list, 'atUs', nowUs)
return {'sold', 1, heldAtUs, list}

-- Keeps a hold for longer; with a booking, for that booking alone: what is being paid does not expire.
-- KEYS  holds, hold
-- ARGV  now µs, deadline µs, hold, buyer, booking ('' for none)
-- Gives {'extended', deadline, seats}, or {'unknown'}, {'not-yours'}, {'expired'}, {'paying', booking}, {'sold', booking}.
local holds, hold = unpack(KEYS)
local nowUs, deadlineUs, id, buyer, booking = unpack(ARGV)

local record = redis.call('HMGET', hold, 'state', 'buyer', 'seats', 'booking', 'deadlineUs')
local state, owner, list, payer, untilUs = unpack(record)
if not state then return {'unknown'} end
if owner ~= buyer then return {'not-yours'} end
if state == 'released' then return {'expired'} end
if state == 'sold' then return {'sold', payer} end
-- The reconciler may not have come by yet: a deadline is a deadline.
if state == 'open' and tonumber(untilUs) <= tonumber(nowUs) then return {'expired'} end
if state == 'paying' and payer ~= booking then return {'paying', payer} end

if tonumber(deadlineUs) < tonumber(untilUs) then deadlineUs = untilUs end
redis.call('HSET', hold, 'deadlineUs', deadlineUs)
redis.call('ZADD', holds, deadlineUs, id)
if booking ~= '' then redis.call('HSET', hold, 'state', 'paying', 'booking', booking) end
return {'extended', deadlineUs, list}

-- Gives back the seats of holds whose deadline has passed; what is being paid stays.
-- KEYS  seats, holds, deltas
-- ARGV  now µs, offset and number of overdue holds to look at, ms for which a record is remembered, entries of deltas, prefix of
--       hold, prefix of free, prefix of owned, '1': forget (a planted bug)
-- Gives {holds looked at, of these still held, of these expired, seats given back}.
local seats, holds, deltas = unpack(KEYS)
local nowUs, offset, limit, rememberMs, retain, holdPrefix, freePrefix, ownedPrefix, forget = unpack(ARGV)

local due = redis.call('ZRANGE', holds, '-inf', nowUs, 'BYSCORE', 'LIMIT', offset, limit)
local kept, expired, back = 0, 0, 0
for _, id in ipairs(due) do
  local hold = holdPrefix .. id
  local state, buyer, list = unpack(redis.call('HMGET', hold, 'state', 'buyer', 'seats'))
  if state == 'paying' then
    kept = kept + 1
  else
    redis.call('ZREM', holds, id)
    if state == 'open' then
      expired = expired + 1
      redis.call('HSET', hold, 'state', 'released')
      redis.call('PEXPIRE', hold, rememberMs)
      if forget ~= '1' then
        local ids = cjson.decode(list)
        for _, seat in ipairs(ids) do
          if redis.call('HGET', seats, seat) == 'held:' .. id then
            redis.call('HDEL', seats, seat)
            redis.call('SADD', freePrefix .. string.match(seat, '^(.+)%-%d+%-%d+$'), seat)
            back = back + 1
          end
        end
        redis.call('DECRBY', ownedPrefix .. buyer, #ids)
        redis.call('XADD', deltas, 'MAXLEN', '~', retain, '0-*', 'state', 'free', 'seats', list, 'atUs', nowUs)
      end
    end
  end
end
return {#due, kept, expired, back}

-- What there is of the seats, all of the same instant.
-- KEYS  seats, holds, sold-out, number of seats sold, then free of each section that is asked for
-- Gives {seats held or sold, holds open or being paid, 1 when sold out, seats sold, free seats of each section …}.
local counts = {
  redis.call('HLEN', KEYS[1]),
  redis.call('ZCARD', KEYS[2]),
  redis.call('EXISTS', KEYS[3]),
  tonumber(redis.call('GET', KEYS[4]) or 0),
}
for index = 5, #KEYS do counts[index] = redis.call('SCARD', KEYS[index]) end
return counts

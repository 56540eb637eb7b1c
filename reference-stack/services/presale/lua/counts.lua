-- What there is of the seats, all of the same instant.
-- KEYS  seats, holds, sold-out, then free of each section that is asked for
-- Gives {seats held or sold, holds open or being paid, 1 when sold out, free seats of each section …}.
local counts = {redis.call('HLEN', KEYS[1]), redis.call('ZCARD', KEYS[2]), redis.call('EXISTS', KEYS[3])}
for index = 4, #KEYS do counts[index] = redis.call('SCARD', KEYS[index]) end
return counts

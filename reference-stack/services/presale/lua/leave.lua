-- Gives a place up.
-- KEYS: queue, places, left   ARGV: buyer, ordinal of its ticket
-- Returns 1 when it is given up, now or before; 0 when the buyer was admitted; -1 when there is no such place.
local before = redis.call('HGET', KEYS[3], ARGV[1])
if before and string.match(before, '^%d+') == ARGV[2] then
  return 1
end
local place = redis.call('HGET', KEYS[2], ARGV[1])
if not place or string.match(place, '^%d+') ~= ARGV[2] then
  return -1
end
if redis.call('ZREM', KEYS[1], ARGV[1]) == 0 then
  return 0
end
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('HSET', KEYS[3], ARGV[1], place)
return 1

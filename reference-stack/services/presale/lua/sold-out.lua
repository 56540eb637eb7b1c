-- Says that all is sold, once and for good: every seat is taken, none of them only held.
-- KEYS: script, seats, holds, sold-out, admissions, head   ARGV: how many seats there are
-- Returns the µs at which it was said; 0: it is not so (yet).
local said = redis.call('GET', KEYS[4])
if said then
  return tonumber(said)
end
if redis.call('EXISTS', KEYS[1]) == 0 or redis.call('HLEN', KEYS[2]) < tonumber(ARGV[1]) then
  return 0
end
if redis.call('ZCARD', KEYS[3]) > 0 then
  return 0
end
for _, owner in ipairs(redis.call('HVALS', KEYS[2])) do
  if string.sub(owner, 1, 5) ~= 'sold:' then
    return 0
  end
end
local time = redis.call('TIME')
local atUs = string.format('%.0f', tonumber(time[1]) * 1000000 + tonumber(time[2]))
redis.call('SET', KEYS[4], atUs)
redis.call('XADD', KEYS[5], '*', 'atUs', atUs, 'head', redis.call('GET', KEYS[6]) or '0', 'soldOut', '1')
return tonumber(atUs)

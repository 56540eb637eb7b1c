-- Lets the first of the queue in, in order, each once; and says how the queue stands.
-- KEYS: script, queue, places, admitted, head, admissions
-- ARGV: how many, for how many ms, the rate per second, 1: say it also when nobody was let in
-- Returns how many were let in, and how many wait; -1 when there is no such presale.
if redis.call('EXISTS', KEYS[1]) == 0 then
  return { -1, 0 }
end
local time = redis.call('TIME')
local nowUs = tonumber(time[1]) * 1000000 + tonumber(time[2])
local atUs = string.format('%.0f', nowUs)
local untilUs = string.format('%.0f', nowUs + tonumber(ARGV[2]) * 1000)
local popped = tonumber(ARGV[1]) > 0 and redis.call('ZPOPMIN', KEYS[2], ARGV[1]) or {}
local ordinals = {}
if #popped > 0 then
  local buyers, admitted = {}, {}
  for i = 1, #popped, 2 do
    buyers[#buyers + 1] = popped[i]
  end
  local places = redis.call('HMGET', KEYS[3], unpack(buyers))
  local as = redis.call('HLEN', KEYS[4])
  for i, buyer in ipairs(buyers) do
    ordinals[i] = string.match(places[i], '^%d+')
    admitted[#admitted + 1] = buyer
    admitted[#admitted + 1] =
      string.format('{"as":%d,"atUs":%s,"expiresAtUs":%s}', as + i, atUs, untilUs)
  end
  redis.call('HSET', KEYS[4], unpack(admitted))
  redis.call('SET', KEYS[5], ordinals[#ordinals])
end
if #popped > 0 or ARGV[4] == '1' then
  local head = redis.call('GET', KEYS[5]) or '0'
  redis.call('XADD', KEYS[6], 'MAXLEN', '~', 20000, '*', 'atUs', atUs, 'head', head, 'perSecond', ARGV[3],
    'untilUs', untilUs, 'ordinals', table.concat(ordinals, ','))
end
return { #ordinals, redis.call('ZCARD', KEYS[2]) }

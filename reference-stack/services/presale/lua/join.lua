-- Gives each buyer a place, and tells those that have one which it is.
-- KEYS: script, queue, places, next, last-join, admitted, fingerprints
-- ARGV: the fingerprint limit, and for each buyer: name, fingerprint, hash of its secret, the ordinal of its ticket (0: none)
-- Returns for each buyer: ordinal, µs of the join, µs until which it is admitted (0: it waits), the hash that stands with the
-- place: whether it is this buyer's is for the caller to see, in constant time.
-- Ordinal -1: too many joins with this fingerprint; -2: the ticket's place is not there. A refusal changes nothing.
if redis.call('EXISTS', KEYS[1]) == 0 then
  return redis.error_reply('UNKNOWN there is no such presale')
end
local limit = tonumber(ARGV[1])
local buyers, fingerprints, secrets, claims = {}, {}, {}, {}
for i = 2, #ARGV, 4 do
  buyers[#buyers + 1] = ARGV[i]
  fingerprints[#fingerprints + 1] = ARGV[i + 1]
  secrets[#secrets + 1] = ARGV[i + 2]
  claims[#claims + 1] = tonumber(ARGV[i + 3])
end
-- One call for all, each time: a call from Lua costs more than what it does.
local stored = redis.call('HMGET', KEYS[3], unpack(buyers))
local used = redis.call('HMGET', KEYS[7], unpack(fingerprints))
local time = redis.call('TIME')
local nowUs = tonumber(time[1]) * 1000000 + tonumber(time[2])
local lastUs = tonumber(redis.call('GET', KEYS[5]) or 0)
local last = tonumber(redis.call('GET', KEYS[4]) or 0)

local places, counts = {}, {}
for i, buyer in ipairs(buyers) do
  places[buyer] = stored[i] or places[buyer]
  counts[fingerprints[i]] = tonumber(used[i] or 0)
end
local queue, newPlaces, newCounts, answers = {}, {}, {}, {}
for i, buyer in ipairs(buyers) do
  local ordinal, joinedUs, untilUs, secret = -2, 0, 0, ''
  if places[buyer] then
    local own, atUs, kept = string.match(places[buyer], '^(%d+):(%d+):(.+)$')
    if claims[i] == 0 or claims[i] == tonumber(own) then
      ordinal, joinedUs, secret = tonumber(own), tonumber(atUs), kept
      local admitted = stored[i] and redis.call('HGET', KEYS[6], buyer)
      untilUs = admitted and cjson.decode(admitted).expiresAtUs or 0
    end
  elseif claims[i] == 0 then
    local count = counts[fingerprints[i]] + 1
    if count > limit then
      ordinal = -1
    else
      counts[fingerprints[i]] = count
      newCounts[fingerprints[i]] = count
      last = last + 1
      lastUs = math.max(nowUs, lastUs + 1)
      ordinal, joinedUs, secret = last, lastUs, secrets[i]
      -- The usual format of a number has 14 digits.
      local us = string.format('%.0f', lastUs)
      places[buyer] = string.format('%d:%s:%s', last, us, secret)
      queue[#queue + 1] = us
      queue[#queue + 1] = buyer
      newPlaces[#newPlaces + 1] = buyer
      newPlaces[#newPlaces + 1] = places[buyer]
    end
  end
  answers[#answers + 1] = ordinal
  answers[#answers + 1] = joinedUs
  answers[#answers + 1] = untilUs
  answers[#answers + 1] = secret
end
if #queue > 0 then
  local flat = {}
  for fingerprint, count in pairs(newCounts) do
    flat[#flat + 1] = fingerprint
    flat[#flat + 1] = count
  end
  redis.call('ZADD', KEYS[2], unpack(queue))
  redis.call('HSET', KEYS[3], unpack(newPlaces))
  redis.call('HSET', KEYS[7], unpack(flat))
  redis.call('SET', KEYS[4], last)
  redis.call('SET', KEYS[5], string.format('%.0f', lastUs))
end
return answers

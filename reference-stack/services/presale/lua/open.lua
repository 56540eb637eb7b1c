-- Makes a presale known, unless there is one of that event.
-- KEYS: events, script   ARGV: event, script
-- Returns 1, or 0 when there is one.
if redis.call('EXISTS', KEYS[2]) == 1 then
  return 0
end
redis.call('SET', KEYS[2], ARGV[2])
redis.call('SADD', KEYS[1], ARGV[1])
return 1

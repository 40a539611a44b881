"""What Valkey does in one step each. A tag's generation is made anew when it is asked for and gone, so that whatever
was kept under a lost one counts as forgotten. Keys are made from tags inside: one server, no cluster.
"""

_COMMON = """
local prefix = ARGV[1]
local function generation(tag)
  local key = prefix .. tag
  local known = redis.call('GET', key)
  if not known then
    local at = redis.call('TIME')
    known = at[1] .. '.' .. at[2]
    redis.call('SET', key, known, 'EX', 604800)
  end
  return known
end
local function generations(tags)
  local found = {}
  for tag in string.gmatch(tags, '[^\\n]+') do found[#found + 1] = generation(tag) end
  return table.concat(found, ' ')
end
"""

# entry, lease | prefix, tags to be written under, token ('': no lease wanted), milliseconds of a lease,
# no lease where what is there stays fresh until after this
# -> text, made, fresh, stale, its tags (or nothing), generations for writing, whether the lease was got
LOOK = (
    _COMMON
    + """
local found = redis.call('HMGET', KEYS[1], 'p', 'm', 'f', 's', 't', 'g')
if found[1] and generations(found[5]) ~= found[6] then
  redis.call('UNLINK', KEYS[1])
  found = {false, false, false, false, false}
end
local leased = 0
local wanted = ARGV[3] ~= '' and not (found[1] and tonumber(found[3]) > tonumber(ARGV[5]))
if wanted and redis.call('SET', KEYS[2], ARGV[3], 'NX', 'PX', ARGV[4]) then leased = 1 end
return {found[1], found[2], found[3], found[4], found[5], generations(ARGV[2] .. '\\n*'), leased}
"""
)

# entry, lease | prefix, tags, generations of LOOK ('': write in any case), token, text, made, fresh, stale,
# milliseconds to keep, 'NX' to write only where nothing fresh is, now, channel, message -> 1 written, 0 not
WRITE = (
    _COMMON
    + """
if ARGV[4] ~= '' and redis.call('GET', KEYS[2]) == ARGV[4] then redis.call('DEL', KEYS[2]) end
if ARGV[3] ~= '' and generations(ARGV[2] .. '\\n*') ~= ARGV[3] then return 0 end
if ARGV[10] == 'NX' then
  local known = redis.call('HMGET', KEYS[1], 'f', 't', 'g')
  if known[1] and tonumber(known[1]) > tonumber(ARGV[11]) and generations(known[2]) == known[3] then return 0 end
end
redis.call('HSET', KEYS[1], 'p', ARGV[5], 'm', ARGV[6], 'f', ARGV[7], 's', ARGV[8], 't', ARGV[2],
           'g', generations(ARGV[2]))
if ARGV[9] == '0' then redis.call('PERSIST', KEYS[1]) else redis.call('PEXPIRE', KEYS[1], ARGV[9]) end
if ARGV[13] ~= '' then redis.call('PUBLISH', ARGV[12], ARGV[13]) end
return 1
"""
)

# lease | token
RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""

# entries | prefix, channel, message, tags -> processes that heard it
FORGET = """
local at = redis.call('TIME')
for tag in string.gmatch(ARGV[4], '[^\\n]+') do
  local key = ARGV[1] .. tag
  local fresh = at[1] .. '.' .. at[2]
  if redis.call('GET', key) == fresh then fresh = fresh .. '+' end
  redis.call('SET', key, fresh, 'EX', 604800)
end
if #KEYS > 0 then redis.call('UNLINK', unpack(KEYS)) end
return redis.call('PUBLISH', ARGV[2], ARGV[3])
"""

# entry | prefix, now, by how much -> the new number, or nothing
ADD = (
    _COMMON
    + """
local known = redis.call('HMGET', KEYS[1], 'p', 'f', 't', 'g')
if not known[1] or tonumber(known[2]) <= tonumber(ARGV[2]) or generations(known[3]) ~= known[4] then return false end
local number = tonumber(known[1])
if not number then return 'not a number' end
number = string.format('%.0f', number + tonumber(ARGV[3]))
redis.call('HSET', KEYS[1], 'p', number)
return number
"""
)

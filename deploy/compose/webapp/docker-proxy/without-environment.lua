-- GET /containers/<id>/json without the environment, in which passwords are. Docker writes JSON without spaces, and a
-- quote within a string has a backslash before it: '"Env":[' is never a part of a string.
local START = '"Env":['

-- The bracket that closes a list of strings which begins at `at`.
local function closing(json, at)
  while json:sub(at, at) ~= "]" do
    if json:sub(at, at) == '"' then
      at = json:find('["\\]', at + 1)
      while json:sub(at, at) == "\\" do
        at = json:find('["\\]', at + 2)
      end
    end
    at = at + 1
  end
  return at
end

core.register_service("without-environment", "http", function(applet)
  local answer = core.httpclient():get({
    url = "http://docker" .. applet.path,
    dst = "unix@/var/run/docker.sock",
  })
  local json = answer.body or ""
  local _, at = json:find(START, 1, true)
  while at do
    json = json:sub(1, at) .. json:sub(closing(json, at + 1))
    _, at = json:find(START, at + 1, true)
  end
  applet:set_status(answer.status)
  applet:add_header("content-type", "application/json")
  applet:add_header("content-length", tostring(#json))
  applet:start_response()
  applet:send(json)
end)

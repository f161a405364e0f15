-- Tells Argo CD how an App of kubenova.io is. In the ConfigMap argocd-cm it
-- belongs under resource.customizations.health.kubenova.io_App.
local hs = {status = "Progressing", message = "Waiting for the app to be looked at."}
local status = obj.status
if status == nil or status.phase == nil or status.observedGeneration ~= obj.metadata.generation then
  return hs
end

local ready = {}
for _, condition in ipairs(status.conditions or {}) do
  if condition.type == "Ready" then
    ready = condition
  end
end
hs.message = ready.message or status.phase

if status.phase == "Running" and status.healthy then
  hs.status = "Healthy"
elseif status.phase == "Running" or status.phase == "Failed" then
  hs.status = "Degraded"
elseif status.phase == "Suspended" or status.phase == "Pending" then
  -- Someone has to resume or deploy it.
  hs.status = "Suspended"
end
return hs

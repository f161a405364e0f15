-- Tells Argo CD how a Cluster, a Tenant or a Project of kubenova.io is. In the
-- ConfigMap argocd-cm it belongs under resource.customizations.health.kubenova.io_Cluster,
-- kubenova.io_Tenant and kubenova.io_Project.
local hs = {status = "Progressing", message = "Waiting for the object to be looked at."}
local status = obj.status or {}

local ready, deleting
for _, condition in ipairs(status.conditions or {}) do
  if condition.type == "Ready" then
    ready = condition
  elseif condition.type == "Deleting" then
    deleting = condition
  end
end
if obj.metadata.deletionTimestamp ~= nil then
  hs.message = (deleting or {}).message or "Being deleted."
  return hs
end
if ready == nil or status.observedGeneration ~= obj.metadata.generation then
  return hs
end
hs.message = ready.message

-- What does not pass by itself. Other reasons are on their way.
local stuck = {
  CapsuleNotReady = true, Failed = true, Forbidden = true, NamespaceNotOurs = true, PlanNotFound = true,
  TenantNotOurs = true, Unauthorized = true,
}
if ready.status == "True" then
  hs.status = "Healthy"
elseif ready.status == "Unknown" then
  hs.status = "Unknown"
elseif ready.reason == "NoCredentials" then
  -- Someone has to write a kubeconfig.
  hs.status = "Suspended"
elseif stuck[ready.reason] then
  hs.status = "Degraded"
end
return hs

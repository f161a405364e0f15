/**
 * Types and a client of KubeNova's REST door, generated from its contract,
 * api/openapi/v1.yaml.
 */
import createClient, { type Client } from "openapi-fetch";

import type { components, operations, paths } from "./schema.js";

export type { components, operations, paths };

/** A schema of the contract by its name, such as Schema<"App">. */
export type Schema<Name extends keyof components["schemas"]> = components["schemas"][Name];

/** Streams of events, CSV and pages have other media types: use the URL itself for those. */
export type KubeNova = Client<paths, "application/json">;

export interface Options {
  /** URL of the server with /api/v1, such as https://kubenova.example/api/v1. */
  baseUrl: string;
  /** Sent as bearer token, if there is one. */
  token?: string;
  /** Stands in for the global fetch. */
  fetch?: (request: Request) => Promise<Response>;
}

/**
 * A client whose paths, parameters, bodies and answers are those of the contract.
 * Its methods do not throw for an answer that tells of an error: that is in error,
 * with code and message.
 */
export function connect({ baseUrl, token, fetch }: Options): KubeNova {
  return createClient<paths, "application/json">({
    baseUrl,
    ...(fetch ? { fetch } : {}),
    ...(token ? { headers: { Authorization: `Bearer ${token}` } } : {}),
  });
}

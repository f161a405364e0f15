import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** How long a server may take until it is ready, in milliseconds. */
const patience = 120_000;

export interface Server {
  /** URL of the REST door. */
  baseUrl: string;
  stop(): Promise<void>;
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const listener = createServer();
    listener.once("error", reject);
    listener.listen(0, "127.0.0.1", () => {
      const address = listener.address();
      if (address === null || typeof address === "string") {
        reject(new Error(`listening on ${address}`));
        return;
      }
      listener.close(() => resolve(address.port));
    });
  });
}

/** Starts kubenova standalone, the program that KUBENOVA names, without authentication. */
export async function startServer(): Promise<Server> {
  const program = process.env["KUBENOVA"];
  if (!program) {
    throw new Error("KUBENOVA has to name the program: run make sdk-typescript");
  }
  const data = await mkdtemp(join(tmpdir(), "kubenova-"));
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn(
    program,
    ["standalone", "--data-dir", data, "--http-address", address, "--secure-port", "0", "--auth=off"],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  let log = "";
  child.stderr.on("data", (chunk) => (log = (log + chunk).slice(-8192)));
  const stop = async () => {
    await end(child);
    await rm(data, { recursive: true, force: true });
  };
  const baseUrl = `http://${address}/api/v1`;
  try {
    await ready(child, baseUrl);
  } catch (problem) {
    await stop();
    throw new Error(`${problem}\n${log}`);
  }
  return { baseUrl, stop };
}

async function ready(child: ChildProcess, baseUrl: string): Promise<void> {
  const deadline = Date.now() + patience;
  let last: unknown = "nothing was tried";
  while (Date.now() < deadline) {
    if (child.exitCode !== null) {
      throw new Error(`the server ended with ${child.exitCode}`);
    }
    try {
      const response = await fetch(`${baseUrl}/readyz`);
      if (response.ok) {
        return;
      }
      last = response.status;
    } catch (problem) {
      last = problem;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the server is not ready: ${last}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) {
    return;
  }
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
}

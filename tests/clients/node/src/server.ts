// A running server for a test: the binary in `SUPERCARGO`, on free ports, with a store of its own.

import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export interface RunningServer {
  /** Where plain HTTP is served, without a slash at the end. */
  readonly url: string;
  /** The key that the first start printed. */
  readonly key: string;
  stop(): Promise<void>;
}

export async function startServer(): Promise<RunningServer> {
  const binary = resolve(process.env["SUPERCARGO"] ?? "../../../target/debug/supercargo");
  const data = await mkdtemp(join(tmpdir(), "supercargo-clients-"));
  const server = spawn(binary, ["server", "--listen", "127.0.0.1:0", "--tls-listen", "off", "--data", data], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<void>((done) => server.once("close", () => done()));
  let said = "";
  const [url, key] = await new Promise<[string, string]>((ready, failed) => {
    const hear = (text: string): void => {
      said += text;
      const url = /serving (http:\/\/[0-9.:]+)/.exec(said)?.[1];
      const key = /shown only this once: (\S+)\n/.exec(said)?.[1];
      if (url !== undefined && key !== undefined) ready([url, key]);
    };
    server.stdout.setEncoding("utf8").on("data", hear);
    server.stderr.setEncoding("utf8").on("data", hear);
    server.once("error", failed);
    server.once("close", (code) => failed(new Error(`${binary} ended with ${code}:\n${said}`)));
  });
  return {
    url,
    key,
    async stop() {
      server.kill("SIGTERM");
      await ended;
      await rm(data, { recursive: true });
    },
  };
}

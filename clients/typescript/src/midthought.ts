// The client: the typed calls of openapi-fetch, errors with the code of the service, and streams of events.

import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./schema.js";

/** Data of the service by its name in the OpenAPI description: `Schema<"RecallResult">`. */
export type Schema<Name extends keyof components["schemas"]> = components["schemas"][Name];
export type Problem = Schema<"ProblemModel">;

/** The version of the API that this client was made for. */
export const API_VERSION = "1";

/** A refusal of the service, or no answer that is understood. `type` is the stable code of the error. */
export class MidthoughtError extends Error {
  readonly status: number;
  readonly type: string;
  readonly requestId: string | null;
  /** Seconds after which the service may be asked again; null if it did not say. */
  readonly retryAfter: number | null;

  constructor(problem: Partial<Problem>, response: Response) {
    super(problem.detail ?? `the service answered ${response.status}: is it Midthought?`);
    this.name = "MidthoughtError";
    this.status = response.status;
    this.type = problem.type ?? "about:blank";
    this.requestId = problem.request_id ?? response.headers.get("X-Request-ID");
    const told = response.headers.get("Retry-After");
    this.retryAfter = told === null || Number.isNaN(Number(told)) ? null : Number(told);
  }
}

/** Where a service listens, and the key that it asks for, if it has keys. */
export interface Options {
  readonly url?: string;
  readonly apiKey?: string;
  readonly fetch?: typeof globalThis.fetch;
}

/** Return a client: `client.GET(path, ...)`, `client.POST(path, ...)`, with paths, parameters, bodies and answers typed. */
export function connect({ url = "http://127.0.0.1:8377", apiKey, fetch }: Options = {}): Client<paths> {
  const client = createClient<paths>({ baseUrl: url, ...(fetch === undefined ? {} : { fetch }) });
  client.use({
    onRequest({ request }) {
      if (apiKey !== undefined) request.headers.set("Authorization", `Bearer ${apiKey}`);
    },
    onResponse({ response }) {
      const version = response.headers.get("Midthought-API");
      if (version !== null && version !== API_VERSION) {
        const detail = `the service speaks version ${version} of the API, this client ${API_VERSION}: generate it again`;
        throw new MidthoughtError({ detail }, response);
      }
    },
  });
  return client;
}

interface Answer<Data> {
  readonly data?: Data;
  readonly error?: unknown;
  readonly response: Response;
}

/** Return the data of an answer. Throws `MidthoughtError` for a refusal. */
export async function take<Data>(asked: Promise<Answer<Data>>): Promise<Data> {
  const { data, error, response } = await asked;
  if (!response.ok || data === undefined) {
    throw new MidthoughtError(typeof error === "object" && error !== null ? (error as Partial<Problem>) : {}, response);
  }
  return data;
}

/** One server-sent event. */
export interface ServerEvent {
  readonly id: string;
  readonly event: string;
  readonly data: unknown;
}

/** Yield the events of a stream as they come; their data is JSON. Leaving the loop closes the connection. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const block of body) {
    const messages = (rest + decoder.decode(block, { stream: true })).split("\n\n");
    rest = messages.pop() ?? "";
    for (const message of messages) {
      const fields = new Map(message.split("\n").map((line) => splitField(line)));
      const data = fields.get("data");
      if (data !== undefined) {
        yield { id: fields.get("id") ?? "", event: fields.get("event") ?? "message", data: JSON.parse(data) };
      }
    }
  }
}

function splitField(line: string): [string, string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon), line.slice(colon + 1).trimStart()];
}

// Remember a procedure, recall it, see an abstention and an error, and watch a job end.

import { connect, MidthoughtError, readEvents, take } from "./midthought.js";

const apiKey = process.env["MIDTHOUGHT_API_KEY"];
const client = connect({
  url: process.env["MIDTHOUGHT_URL"] ?? "http://127.0.0.1:8377",
  ...(apiKey === undefined ? {} : { apiKey }),
});
const path = { namespace: process.env["MIDTHOUGHT_NAMESPACE"] ?? "default" };

const added = await take(
  client.POST("/v1/namespaces/{namespace}/entries", {
    params: { path },
    body: {
      entries: [
        {
          kind: "procedure",
          subquestion: "How do I find the last digit of a large power?",
          subroutine: "Find the cycle of last digits of the powers of the base, and reduce the exponent by its length.",
        },
      ],
    },
  }),
);
console.log(`added: ${added.ids.length}, new: ${added.new}`);

const found = await take(
  client.POST("/v1/namespaces/{namespace}/recall", {
    params: { path },
    body: { query: "What is the last digit of 7 to the power of 2026?", k: 3 },
  }),
);
for (const hit of found.hits) {
  console.log(`${hit.score.toFixed(3)} ${hit.kind}: ${hit.text.split("\n")[0]}`);
}

const nothing = await take(
  client.POST("/v1/namespaces/{namespace}/recall", { params: { path }, body: { query: "x", min_score: 1 } }),
);
console.log(`abstained: ${nothing.abstention?.reason ?? "no"}`);

try {
  await take(
    client.GET("/v1/namespaces/{namespace}/entries/{entry_id}", { params: { path: { ...path, entry_id: "p-none" } } }),
  );
} catch (error) {
  if (!(error instanceof MidthoughtError)) throw error;
  console.log(`error: ${error.status} ${error.type}`);
}

const job = await take(client.POST("/v1/compact", {}));
const { data: stream } = await client.GET("/v1/namespaces/{namespace}/jobs/{job_id}/events", {
  params: { path: { namespace: "default", job_id: job.id } },
  parseAs: "stream",
});
let last = "no event";
if (stream) {
  for await (const { event } of readEvents(stream)) last = event;
}
console.log(`the stream of the job: ${last}`);

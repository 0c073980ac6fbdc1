// Writes openapi.json: the description of the service at MIDTHOUGHT_URL, asked with MIDTHOUGHT_API_KEY if that is set.
import { writeFile } from "node:fs/promises";

const url = process.env.MIDTHOUGHT_URL ?? "http://127.0.0.1:8377";
const key = process.env.MIDTHOUGHT_API_KEY;
const answer = await fetch(`${url}/openapi.json`, { headers: key ? { Authorization: `Bearer ${key}` } : {} });
if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`);
await writeFile("openapi.json", await answer.text());

// Talks to a server with OpenAI's client for JavaScript: node openai.mjs ADDRESS MODEL. Prints a line of JSON for the test to check.
import http from 'node:http';
import OpenAI from 'openai';

const [address, model] = process.argv.slice(2);
const client = new OpenAI({ baseURL: `${address}/v1`, apiKey: 'key-of-a-client' });
const result = {};

const completion = await client.completions.create({ model, prompt: 'The river', max_tokens: 5, logprobs: 2, echo: true, seed: 3, temperature: 0 });
result.completion = completion.choices[0];

result.streamed = '';
for await (const part of await client.completions.create({ model, prompt: 'The river', max_tokens: 5, seed: 3, temperature: 0, stream: true })) {
  result.streamed += part.choices[0].text;
}

const messages = [{ role: 'user', content: 'Hello' }];
const chat = await client.chat.completions.create({ model, messages, max_tokens: 8, seed: 3 });
result.chat = chat.choices[0].message.content;
result.chatStreamed = '';
for await (const part of await client.chat.completions.create({ model, messages, max_tokens: 8, seed: 3, stream: true, stream_options: { include_usage: true } })) {
  result.chatStreamed += part.choices[0]?.delta.content ?? '';
  result.usage = part.usage ?? result.usage;
}

result.embedding = (await client.embeddings.create({ model, input: 'The river' })).data[0].embedding.length;
result.models = [];
for await (const item of client.models.list()) {
  result.models.push(item.id);
}

try {
  await client.completions.create({ model, prompt: 'a', temperature: -1 });
} catch (error) {
  result.error = { status: error.status, param: error.param, code: error.code, type: error.type, id: error.requestID !== undefined };
}

// A proxy that is busy twice: the client comes again by retry-after.
let refused = 0;
const proxy = http.createServer((request, response) => {
  if (refused < 2) {
    refused++;
    response.writeHead(429, { 'content-type': 'application/json', 'retry-after': '0' });
    response.end('{"error":{"message":"busy","type":"rate_limit_error","param":null,"code":"busy"}}');
    return;
  }

  const onward = http.request(address + request.url, { method: request.method, headers: { ...request.headers, host: new URL(address).host } }, answer => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  request.pipe(onward);
});
await new Promise(resolve => proxy.listen(0, '127.0.0.1', resolve));
const patient = new OpenAI({ baseURL: `http://127.0.0.1:${proxy.address().port}/v1`, apiKey: 'key-of-a-client', maxRetries: 3 });
result.retried = (await patient.completions.create({ model, prompt: 'The river', max_tokens: 5, seed: 3, temperature: 0 })).choices[0].text;
result.refused = refused;
proxy.close();
proxy.closeAllConnections();

console.log(JSON.stringify(result));

using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace TransformerXL.Server.Tests;

/// <summary>Requests that a program makes up: none is answered by a fault of the server, and none hangs.</summary>
public sealed class HostileRequestTests
{
    private const string Variable = "TXL_HOSTILE_REQUESTS";
    private const int Standard = 2000;

    private static readonly string[] Paths =
    [
        "/v1/completions", "/v1/chat/completions", "/v1/embeddings", "/tokenize", "/detokenize", "/v1/sessions", "/api/generate", "/api/chat", "/api/embed",
        "/v1/sessions/SESSION/read", "/v1/sessions/SESSION/generate", "/v1/sessions/SESSION/next", "/v1/sessions/SESSION/fork", "/v1/sessions/SESSION",
        "/v1/sessions/SESSION/save", "/v1/sessions/SESSION/attention", "/v1/models", "/health", "/metrics", "/props", "/v1/sessions/..%2f..%2fetc/read", "/v1/models/%00", "/tokenizer_info?model=%ff",
    ];

    private static readonly string[] Names =
    [
        "prompt", "max_tokens", "temperature", "top_p", "n", "stop", "seed", "stream", "stream_options", "logprobs", "echo", "logit_bias", "presence_penalty", "model",
        "messages", "input", "encoding_format", "dimensions", "tokens", "name", "top", "session_id", "top_k", "min_p", "repetition_penalty", "min_tokens", "stop_token_ids",
        "options", "system", "suffix", "best_of", "top_logprobs", "content", "role", "__proto__", "", "tools", "response_format", "ignore_eos", "include_stop_str_in_output",
    ];

    private static readonly string[] Values =
    [
        "null", "true", "false", "0", "1", "-1", "1e999", "-1e999", "1e-400", "9223372036854775808", "2147483648", "0.1", "NaN", "Infinity", "01", "\"\"", "\"a\"", "\"\\ud800\"", "\"\\u0000\"",
        "\"characters\"", "\"new\"", "\"user\"", "\"base64\"", "\"😀é\"", "[]", "[[]]", "[1,2,3]", "[[1,2],[3]]", "[\"a\",\"b\"]", "[null]", "[1,\"a\"]", "{}", "{\"a\":1}", "{\"include_usage\":true}",
        "[{\"role\":\"user\",\"content\":\"a\"}]", "[{\"role\":\"user\"}]", "[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"}]}]", "{\"1\":100}", "{\"-1\":0}", "{\"num_predict\":3}", "[3.5]",
        "[-1]", "5", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", "[1e5]", "\"\\n\"",
    ];

    private readonly Random _random = new(20);

    [Theory]
    [InlineData("/v1/completions", "prompt")]
    [InlineData("/v1/embeddings", "input")]
    [InlineData("/tokenize", "prompt")]
    public async Task A_word_that_no_vocabulary_of_words_reads_is_a_fault_of_the_client(string path, string field)
    {
        await using TestServer server = await TestServer.StartAsync(null, SmallModels.Words);
        Answer answer = await server.PostAsync(path, $$"""{"{{field}}":"{{new string('a', 1_100_000)}}"}""");
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains("a word of more than 1048576 characters", (string)answer.Error()["message"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task None_is_answered_by_a_fault_of_the_server()
    {
        int count = int.TryParse(Environment.GetEnvironmentVariable(Variable), CultureInfo.InvariantCulture, out int asked) ? asked : Standard;
        await using TestServer server = await TestServer.StartAsync(options => options with { Limits = new ServerLimits { Tokens = 200, BodyBytes = 20_000, Sessions = 100_000 } });
        string session = (string)(await server.JsonAsync("/v1/sessions", "{}"))["id"]!;
        Dictionary<int, int> statuses = [];
        for (int i = 0; i < count; i++)
        {
            using HttpRequestMessage request = Make(session);
            string described = $"{request.Method} {request.RequestUri} {(request.Content is null ? "" : await request.Content.ReadAsStringAsync())}";
            using HttpResponseMessage response = await SendAsync(server, request, described);
            string text = await response.Content.ReadAsStringAsync();
            int status = (int)response.StatusCode;
            statuses[status] = statuses.GetValueOrDefault(status) + 1;
            Assert.True(status < 500, $"{described}: {status} {text}");
            Assert.False(text.Contains("internal_error", StringComparison.Ordinal), $"{described}: {text}");
            Assert.DoesNotContain(server.FolderOf(""), text, StringComparison.Ordinal);

            // Kestrel refuses some paths and headers itself, without a body.
            bool isOurs = response.Headers.Contains("x-request-id");
            Assert.True(isOurs || status == 400, described);
            if (status >= 400 && request.Method != HttpMethod.Head && isOurs)
            {
                Assert.True(text.StartsWith("{\"error\":", StringComparison.Ordinal), $"{described}: {status} {text}");
            }
        }

        Assert.True(statuses.GetValueOrDefault(200) > count / 50 && statuses.GetValueOrDefault(400) > count / 4, string.Join(", ", statuses));
        Assert.Equal(5, (int)(await server.JsonAsync("/v1/completions", """{"prompt":"a","max_tokens":5}"""))["usage"]!["completion_tokens"]!);
    }

    private static async Task<HttpResponseMessage> SendAsync(TestServer server, HttpRequestMessage request, string described)
    {
        try
        {
            return await server.Client.SendAsync(request);
        }
        catch (HttpRequestException exception)
        {
            throw new InvalidOperationException($"no answer to {described}", exception);
        }
    }

    private HttpRequestMessage Make(string session)
    {
        string path = Pick(Paths).Replace("SESSION", session, StringComparison.Ordinal);
        HttpMethod method = _random.Next(8) switch { 0 => HttpMethod.Get, 1 => HttpMethod.Patch, 2 => HttpMethod.Head, 3 => HttpMethod.Options, _ => HttpMethod.Post };
        HttpRequestMessage request = new(method, path);
        if (method == HttpMethod.Get || method == HttpMethod.Head)
        {
            return request;
        }

        byte[] body = Encoding.UTF8.GetBytes(Body());
        if (_random.Next(8) == 0)
        {
            for (int i = 0; i < 3 && body.Length > 0; i++)
            {
                body[_random.Next(body.Length)] = (byte)_random.Next(256);
            }
        }

        request.Content = new ByteArrayContent(_random.Next(12) == 0 ? body[..(body.Length / 2)] : body);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(Pick(["application/json", "text/plain", "application/x-www-form-urlencoded", "application/octet-stream"]));
        if (_random.Next(6) == 0)
        {
            request.Headers.TryAddWithoutValidation(Pick(["x-session-id", "x-request-id", "authorization", "content-encoding", "accept", "x-api-key"]), Pick(["", "new", "../..", "a'b\"c", new string('x', 500), session]));
        }

        return request;
    }

    /// <summary>Half of the requests begin with what the route needs, so that odd values reach what is behind the first check.</summary>
    private string Body()
    {
        List<string> members = _random.Next(2) == 0 ? [] : ["\"prompt\":\"a\"", "\"input\":\"a\"", "\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]", "\"tokens\":[1]", "\"max_tokens\":3", "\"name\":\"b\""];
        for (int i = _random.Next(4); i > 0; i--)
        {
            members.Add($"\"{Pick(Names)}\":{Pick(Values)}");
        }

        return _random.Next(20) switch
        {
            0 => Pick(Values),
            1 => "",
            2 => $"{{\"prompt\":\"{new string('a', _random.Next(30_000))}\"}}",
            _ => $"{{{string.Join(',', members)}}}",
        };
    }

    private string Pick(string[] choices) => choices[_random.Next(choices.Length)];
}

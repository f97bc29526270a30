using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using TransformerXL.Testing;

namespace TransformerXL.Server.Tests;

/// <summary>Who may ask, and for how much.</summary>
public sealed class SecurityTests
{
    [Theory]
    [InlineData("notes.example")]
    [InlineData("*")]
    [InlineData("null")]
    [InlineData("")]
    [InlineData("https://notes.example/page")]
    [InlineData("https://notes.example:443")]
    [InlineData("https://name@notes.example")]
    public void An_origin_that_no_page_can_have_is_refused(string origin)
    {
        InputException fault = Assert.Throws<InputException>(() => new ServerOptions { Models = [new ModelSource("a", "a")], Origins = [origin] }.Validate());
        Assert.Contains($"the origin is '{origin}', but must be", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_without_a_value_are_refused_by_name()
    {
        ServerOptions options = new() { Models = [new ModelSource("a", "a")] };
        foreach ((ServerOptions wrong, string name) in ((ServerOptions, string)[])
            [
                (options with { Models = null! }, "no model"),
                (options with { Models = [null!] }, "is null"),
                (options with { ApiKeys = [null!] }, "a key has 0 characters"),
                (options with { Limits = null! }, "limits must not be null"),
                (options with { DrainTime = TimeSpan.FromSeconds(-1) }, "drain time is -00:00:01"),
                (options with { DrainTime = TimeSpan.MaxValue }, "drain time is"),
            ])
        {
            Assert.Contains(name, Assert.Throws<InputException>(wrong.Validate).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("http://models.example")]
    [InlineData("models.example:8080")]
    [InlineData("*")]
    [InlineData("")]
    public void An_allowed_host_that_is_no_name_is_refused(string name)
    {
        InputException fault = Assert.Throws<InputException>(() => new ServerOptions { Models = [new ModelSource("a", "a")], AllowedHosts = [name] }.Validate());
        Assert.Contains($"the allowed host is '{name}', but must be", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Origins_and_names_as_browsers_send_them_are_allowed() => new ServerOptions
    {
        Models = [new ModelSource("a", "a")],
        Origins = ["https://notes.example", "http://localhost:3000", "HTTPS://Notes.Example/", "http://[::1]:5173", "http://192.168.0.4", "chrome-extension://abcdefgh"],
        AllowedHosts = ["models.example", "nas"],
    }.Validate();

    [Theory]
    [InlineData("http://127.0.0.1:8080", false)]
    [InlineData("https://[::1]:8080", false)]
    [InlineData("http://unix:/tmp/txl", false)]
    [InlineData("http://0.0.0.0:8080", true)]
    [InlineData("http://[::]:8080", true)]
    [InlineData("https://*:8080", true)]
    [InlineData("http://192.0.2.1:80", true)]
    public void An_address_that_other_machines_reach_is_known_as_such(string address, bool isReachable) => Assert.Equal(isReachable, ListenAddresses.IsReachable(address));

    [Fact]
    public async Task Tls_is_configured_in_a_file_of_Kestrel_and_a_file_that_does_not_fit_is_named()
    {
        using TemporaryFolder folder = new();
        using RSA key = RSA.Create(2048);
        using X509Certificate2 certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        await File.WriteAllTextAsync(folder["server.crt"], certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(folder["server.key"], key.ExportPkcs8PrivateKeyPem());
        string file = folder["kestrel.json"];
        await WriteAsync("server.key");
        await using (TestServer server = await TestServer.StartAsync(options => options with { KestrelFile = file }))
        {
            Assert.Equal("https", server.Address.Scheme);
            using HttpClientHandler handler = new() { ServerCertificateCustomValidationCallback = (_, shown, _, _) => shown?.Thumbprint == certificate.Thumbprint };
            using HttpClient client = new(handler) { BaseAddress = server.Address, Timeout = TestServer.Patience };
            Assert.Contains("ok", await client.GetStringAsync(new Uri("/health", UriKind.Relative)), StringComparison.Ordinal);
        }

        await WriteAsync("no-such.key");
        InputException fault = await Assert.ThrowsAsync<InputException>(() => TestServer.StartAsync(options => options with { KestrelFile = file }));
        foreach (string address in (string[])["nonsense", "http://127.0.0.1:99999"])
        {
            string wrong = folder.Write("wrong.json", $$"""{"Kestrel": {"Endpoints": {"A": {"Url": "{{address}}" } } } }""");
            Assert.StartsWith($"the server cannot listen as {wrong} says", (await Assert.ThrowsAsync<InputException>(() => TestServer.StartAsync(options => options with { KestrelFile = wrong }))).Message, StringComparison.Ordinal);
        }

        Assert.Contains($"cannot listen as {file} says", fault.Message, StringComparison.Ordinal);
        Assert.Contains("no-such.key", fault.Message, StringComparison.Ordinal);

        Task WriteAsync(string keyFile) => File.WriteAllTextAsync(file, new JsonObject
        {
            ["Kestrel"] = new JsonObject
            {
                ["Endpoints"] = new JsonObject
                {
                    ["Https"] = new JsonObject { ["Url"] = "https://127.0.0.1:0", ["Certificate"] = new JsonObject { ["Path"] = folder["server.crt"], ["KeyPath"] = folder[keyFile] } },
                },
            },
        }.ToJsonString());
    }

    private const string Complete = "/v1/completions", Body = """{"prompt":"a","max_tokens":1}""";
    private const string Key = "key-of-the-first", Other = "key-of-the-second";

    [Fact]
    public async Task Pages_of_other_origins_are_refused()
    {
        await using TestServer server = await TestServer.StartAsync();
        string own = server.Address.GetLeftPart(UriPartial.Authority);
        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync(Complete, Body, ("origin", own))).Status);
        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync(Complete, Body, ("sec-fetch-site", "same-origin"))).Status);
        foreach (string origin in (string[])["https://evil.example", "null", "http://127.0.0.1", "http://localhost:1", own + "1", $"{own}@evil.example"])
        {
            Answer answer = await server.PostAsync(Complete, Body, ("origin", origin));
            Assert.Equal((HttpStatusCode.Forbidden, "origin_not_allowed"), (answer.Status, (string)answer.Error()["code"]!));
            Assert.Null(answer.Header("access-control-allow-origin"));
            Assert.Equal(HttpStatusCode.Forbidden, (await server.SendAsync(HttpMethod.Options, Complete, null, ("origin", origin), ("access-control-request-method", "POST"))).Status);
        }

        Assert.Equal(HttpStatusCode.Forbidden, (await server.GetAsync("/v1/models", ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors"))).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await server.PostAsync(Complete, Body, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"))).Status);
    }

    [Fact]
    public async Task Names_that_were_made_to_point_here_are_refused()
    {
        await using TestServer server = await TestServer.StartAsync(options => options with { AllowedHosts = ["models.example"] });
        int port = server.Address.Port;
        Answer rebound = await server.PostAsync(Complete, Body, ("host", $"evil.example:{port}"), ("origin", $"http://evil.example:{port}"));
        Assert.Equal((HttpStatusCode.Forbidden, "host_not_allowed"), (rebound.Status, (string)rebound.Error()["code"]!));
        foreach (string host in (string[])["localhost", $"localhost:{port}", $"[::1]:{port}", "models.example"])
        {
            Assert.Equal(HttpStatusCode.OK, (await server.PostAsync(Complete, Body, ("host", host))).Status);
        }
    }

    [Fact]
    public async Task An_allowed_origin_gets_what_a_browser_needs()
    {
        const string Origin = "https://notes.example";
        await using TestServer server = await TestServer.StartAsync(options => options with { Origins = [Origin], ApiKeys = [Key] });
        Answer preflight = await server.SendAsync(HttpMethod.Options, Complete, null, ("origin", Origin), ("access-control-request-method", "POST"), ("access-control-request-headers", "authorization,content-type"));
        Assert.Equal(HttpStatusCode.NoContent, preflight.Status);
        Assert.Equal((Origin, "authorization,content-type"), (preflight.Header("access-control-allow-origin"), preflight.Header("access-control-allow-headers")));
        Answer answer = await server.PostAsync(Complete, Body, ("origin", Origin), ("authorization", $"Bearer {Key}"));
        Assert.Equal((HttpStatusCode.OK, Origin, "Origin"), (answer.Status, answer.Header("access-control-allow-origin"), answer.Header("vary")));
        Assert.Equal(HttpStatusCode.Forbidden, (await server.PostAsync(Complete, Body, ("origin", "https://evil.example"), ("authorization", $"Bearer {Key}"))).Status);
        foreach ((string key, string body) in ((string, string)[])[("wrong-key", Body), (Key, """{"prompt":3}""")])
        {
            Answer refused = await server.PostAsync(Complete, body, ("origin", Origin), ("authorization", $"Bearer {key}"));
            Assert.True((int)refused.Status is 400 or 401);
            Assert.Equal((Origin, "Origin"), (refused.Header("access-control-allow-origin"), refused.Header("vary")));
            Assert.Contains("retry-after", refused.Header("access-control-expose-headers")!, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_request_needs_one_of_the_keys()
    {
        await using TestServer server = await TestServer.StartAsync(options => options with { ApiKeys = [Key, Other] });
        foreach ((string Name, string Value)[] headers in ((string, string)[][])[[], [("authorization", "Bearer wrong-key")], [("authorization", Key)], [("x-api-key", Key + "x")]])
        {
            Answer refused = await server.PostAsync(Complete, Body, headers);
            Assert.Equal((HttpStatusCode.Unauthorized, "Bearer", "authentication_error"), (refused.Status, refused.Header("www-authenticate"), (string)refused.Error()["type"]!));
            Assert.Equal(HttpStatusCode.Unauthorized, (await server.GetAsync("/metrics", headers)).Status);
            Assert.Equal(HttpStatusCode.Unauthorized, (await server.GetAsync("/nowhere", headers)).Status);
        }

        foreach ((string Name, string Value) header in ((string, string)[])[("authorization", $"Bearer {Key}"), ("authorization", $"bearer {Other}"), ("x-api-key", Key)])
        {
            Assert.Equal(HttpStatusCode.OK, (await server.PostAsync(Complete, Body, header)).Status);
        }

        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync("/health")).Status);
    }

    [Fact]
    public async Task Unknown_fields_are_named_or_with_strict_refused()
    {
        const string Odd = """{"prompt":"a","max_tokens":1,"colour":"red","stream":true,"stream_options":{"speed":1}}""";
        await using TestServer server = await TestServer.StartAsync();
        Answer answer = await server.PostAsync(Complete, Odd);
        Assert.Equal((HttpStatusCode.OK, "colour, stream_options.speed"), (answer.Status, answer.Header("x-ignored-fields")));
        Assert.Null((await server.PostAsync(Complete, Body)).Header("x-ignored-fields"));
        Answer unsafeName = await server.PostAsync(Complete, """{"prompt":"a","max_tokens":1,"a\r\nset-cookie: b=\u00e9":1}""");
        Assert.Equal(HttpStatusCode.OK, unsafeName.Status);
        Assert.Null(unsafeName.Header("set-cookie"));
        await using TestServer strict = await TestServer.StartAsync(options => options with { IsStrict = true });
        Assert.Equal("unknown_field", (string)(await strict.RefusedAsync(400, Complete, Odd, "colour"))["code"]!);
    }

    [Fact]
    public async Task What_is_too_large_is_refused()
    {
        await using TestServer server = await TestServer.StartAsync(options => options with { Limits = new ServerLimits { BodyBytes = 5000, PromptTokens = 300, ScoredTokens = 200, Tokens = 50, HeaderBytes = 2048, Streams = 2 } });
        Answer body = await server.PostAsync(Complete, new JsonObject { ["prompt"] = new string('a', 6000) }.ToJsonString());
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "body_too_large"), (body.Status, (string)body.Error()["code"]!));
        JsonNode prompt = await server.RefusedAsync(413, Complete, new JsonObject { ["prompt"] = new string('a', 301) }.ToJsonString(), "prompt");
        Assert.Contains("301", (string)prompt["message"]!, StringComparison.Ordinal);
        await server.RefusedAsync(413, Complete, new JsonObject { ["prompt"] = new string('a', 201), ["logprobs"] = 1, ["echo"] = true }.ToJsonString(), "prompt");
        await server.RefusedAsync(413, "/v1/chat/completions", new JsonObject { ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = new string('a', 290) }) }.ToJsonString(), "messages");
        await server.RefusedAsync(400, Complete, """{"prompt":"a","max_tokens":51}""", "max_tokens");
        await server.RefusedAsync(400, Complete, """{"prompt":"a","n":3}""", "n");
        Answer headers = await server.PostAsync(Complete, Body, ("x-long", new string('a', 3000)));
        Assert.Equal(HttpStatusCode.RequestHeaderFieldsTooLarge, headers.Status);
    }

    [Fact]
    public async Task A_name_of_a_request_comes_back_if_it_is_plain()
    {
        await using TestServer server = await TestServer.StartAsync();
        Assert.Equal("abc-1", (await server.GetAsync("/health", ("x-request-id", "abc-1"))).Header("x-request-id"));
        string? made = (await server.GetAsync("/health", ("x-request-id", "a b<script>"))).Header("x-request-id");
        Assert.Equal(24, made?.Length);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[1,2]")]
    [InlineData("\"prompt\"")]
    [InlineData("")]
    [InlineData("{\"prompt\":\"a\",}")]
    [InlineData("{\"prompt\":NaN}")]
    [InlineData("{\"prompt\":\"a\",\"temperature\":NaN}")]
    [InlineData("{\"prompt\":\"a\"}{}")]
    public async Task What_is_no_json_object_is_refused(string body)
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.RefusedAsync(400, Complete, body);
    }

    [Fact]
    public async Task Bytes_that_are_no_text_are_refused()
    {
        await using TestServer server = await TestServer.StartAsync();
        using ByteArrayContent content = new([.. "{\"prompt\":\""u8, 0xff, 0xc3, .. "\"}"u8]);
        using HttpResponseMessage response = await server.Client.PostAsync(Complete, content);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("UTF-8", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broken_request_line_does_not_disturb_others()
    {
        await using TestServer server = await TestServer.StartAsync();
        foreach (string line in (string[])["\0\0\0", "GET\r\n\r\n", "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n", "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"])
        {
            using TcpClient client = new();
            await client.ConnectAsync(IPAddress.Loopback, server.Address.Port);
            NetworkStream stream = client.GetStream();
            await stream.WriteAsync(Encoding.Latin1.GetBytes(line + "\r\n\r\n"));
            byte[] answer = new byte[4096];
            using CancellationTokenSource patience = new(TestServer.Patience);
            int count = await stream.ReadAsync(answer, patience.Token);
            Assert.StartsWith("HTTP/1.1 400", Encoding.Latin1.GetString(answer, 0, count), StringComparison.Ordinal);
        }

        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync("/health")).Status);
    }

    [Fact]
    public void A_file_of_keys_is_read_and_checked()
    {
        using Testing.TemporaryFolder folder = new();
        Assert.Equal(["key-of-ann", "key-of-bob"], ApiKeyFile.Read(folder.Write("keys", "# keys\nkey-of-ann\n\n  key-of-bob  \n")));
        Assert.Contains("line 2", Assert.Throws<InputException>(() => ApiKeyFile.Read(folder.Write("short", "\nabc\n"))).Message, StringComparison.Ordinal);
        Assert.Contains("holds no key", Assert.Throws<InputException>(() => ApiKeyFile.Read(folder.Write("empty", "#\n"))).Message, StringComparison.Ordinal);
        Assert.Throws<InputException>(() => ApiKeyFile.Read(folder["missing"]));
    }
}

using System.Net;
using System.Text.Json.Nodes;
using StackExchange.Redis;
using TransformerXL.Inference.Serving;
using TransformerXL.Sessions.Redis;

namespace TransformerXL.Server.Tests;

/// <summary>Sessions in a real Redis.</summary>
public sealed class RedisSessionStoreTests(RedisServer redis) : IClassFixture<RedisServer>
{
    private static readonly byte[] s_state = [1, 2, 3];

    private readonly string _prefix = Guid.NewGuid().ToString("N");

    [SkippableFact]
    public async Task Of_several_writers_of_a_version_one_wins()
    {
        using ConnectionMultiplexer connection = await redis.ConnectAsync();
        RedisSessionStore store = Store(connection);
        for (int round = 0; round < 20; round++)
        {
            string id = NewId();
            await store.WriteAsync(Record(id, 1), s_state, default);
            bool[] won = await Task.WhenAll(Enumerable.Range(0, 6).Select(writer => Task.Run(async () =>
            {
                try
                {
                    await Store(connection).WriteAsync(Record(id, 2) with { Name = $"{writer}" }, new[] { (byte)writer }, default);
                    return true;
                }
                catch (SessionConflictException)
                {
                    return false;
                }
            })));
            int winner = Array.IndexOf(won, true);
            Assert.Single(won, one => one);
            using StoredSession? stored = await store.ReadAsync(id, default);
            Assert.Equal((2L, $"{winner}", winner), (stored!.Record.Version, stored.Record.Name, stored.State.ReadByte()));
        }
    }

    [SkippableFact]
    public async Task A_version_that_is_not_the_next_one_is_refused_also_after_a_deletion()
    {
        using ConnectionMultiplexer connection = await redis.ConnectAsync();
        RedisSessionStore store = Store(connection);
        string id = NewId();
        await Assert.ThrowsAsync<SessionConflictException>(async () => await store.WriteAsync(Record(id, 2), s_state, default));
        Assert.Null(await store.FindAsync(id, default));
        await store.WriteAsync(Record(id, 1), s_state, default);
        await Assert.ThrowsAsync<SessionConflictException>(async () => await store.WriteAsync(Record(id, 1), s_state, default));
        await Assert.ThrowsAsync<SessionConflictException>(async () => await store.WriteAsync(Record(id, 3), s_state, default));
        await store.DeleteAsync(id, default);
        await store.DeleteAsync(id, default);
        await Assert.ThrowsAsync<SessionConflictException>(async () => await store.WriteAsync(Record(id, 2), s_state, default));
        Assert.Null(await store.FindAsync(id, default));
        Assert.Null(await store.ReadAsync(id, default));
        Assert.Empty(connection.GetServer(connection.GetEndPoints()[0]).Keys(pattern: $"*{_prefix}*"));
    }

    [SkippableFact]
    public async Task Sessions_are_listed_by_owner_and_expired_ones_leave_the_list()
    {
        using ConnectionMultiplexer connection = await redis.ConnectAsync();
        RedisSessionStore store = Store(connection), brief = Store(connection, TimeSpan.FromMilliseconds(1));
        string[] ids = [NewId(), NewId(), NewId()];
        await store.WriteAsync(Record(ids[0], 1) with { Owner = "ann" }, s_state, default);
        await store.WriteAsync(Record(ids[1], 1) with { Owner = "bob" }, s_state, default);
        await brief.WriteAsync(Record(ids[2], 1) with { Owner = "ann" }, s_state, default);
        while (await store.FindAsync(ids[2], default) is not null)
        {
            await Task.Delay(2);
        }

        Assert.Equal([ids[0]], await ListAsync(store, "ann"));
        Assert.Equal([ids[1]], await ListAsync(store, "bob"));
        Assert.Empty(await ListAsync(store, "eve"));
        SessionRecord record = Record(ids[0], 1) with { Owner = "ann" };
        Assert.Equal(record, await store.FindAsync(ids[0], default));
        RedisKey set = connection.GetServer(connection.GetEndPoints()[0]).Keys(pattern: $"*{_prefix}*owner*").First(key => connection.GetDatabase().SetContains(key, ids[0]));
        Assert.Equal(1, connection.GetDatabase().SetLength(set));
    }

    [SkippableFact]
    public async Task Damaged_records_a_full_store_and_a_lost_one_are_told()
    {
        using ConnectionMultiplexer connection = await redis.ConnectAsync();
        RedisSessionStore store = Store(connection);
        string id = NewId();
        await store.WriteAsync(Record(id, 1), s_state, default);
        string key = $"txl:{{{_prefix}}}:session:{id}";
        await connection.GetDatabase().HashSetAsync(key, "record", "{\"id\":\"");
        Assert.Contains($"{id} is damaged", (await Assert.ThrowsAsync<StoredSessionException>(async () => await store.FindAsync(id, default))).Message, StringComparison.Ordinal);
        string whole = NewId();
        await store.WriteAsync(Record(whole, 1), s_state, default);
        List<string> listed = [];
        await foreach (SessionRecord record in store.ListAsync(Record(whole, 1).Owner, default))
        {
            listed.Add(record.Id);
        }

        Assert.Equal([whole], listed);
        await store.DeleteAsync(id, default);
        Assert.Null(await store.FindAsync(id, default));
        await connection.GetDatabase().ExecuteAsync("CONFIG", "SET", "maxmemory", "1");
        await Assert.ThrowsAsync<StoreFullException>(async () => await store.WriteAsync(Record(NewId(), 1), new byte[1 << 20], default));
        await connection.GetDatabase().ExecuteAsync("CONFIG", "SET", "maxmemory", "0");
        redis.Kill();
        StoreUnavailableException lost = await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.FindAsync(id, default));
        Assert.DoesNotContain("127.0.0.1", lost.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task While_Redis_is_away_requests_may_be_sent_again_later()
    {
        using ConnectionMultiplexer connection = await redis.ConnectAsync();
        await using TestServer server = await TestServer.StartAsync(options => options with { OpenStore = _ => Store(connection), SharesSessions = true });
        string id = (string)(await server.JsonAsync("/v1/sessions", "{}"))["id"]!;
        redis.Kill();
        Answer[] answers = await Task.WhenAll(
            server.PostAsync($"/v1/sessions/{id}/read", """{"prompt":"The river"}"""), server.PostAsync("/v1/sessions", "{}"), server.GetAsync("/v1/sessions"), server.GetAsync($"/v1/sessions/{id}"));
        Assert.All(answers, answer =>
        {
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "unavailable_error"), (answer.Status, (string)answer.Error()["type"]!));
            Assert.NotNull(answer.Headers.RetryAfter);
        });
        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync("/v1/completions", """{"prompt":"a","max_tokens":1}""")).Status);
    }

    [SkippableFact]
    public async Task A_request_that_could_not_be_saved_changes_nothing_so_that_it_can_be_sent_again()
    {
        using ConnectionMultiplexer connection = await redis.ConnectAsync();
        await using TestServer server = await TestServer.StartAsync(options => options with { OpenStore = _ => Store(connection) });
        string id = (string)(await server.JsonAsync("/v1/sessions", "{}"))["id"]!;
        await server.JsonAsync($"/v1/sessions/{id}/read", """{"prompt":"The "}""");
        await connection.GetDatabase().ExecuteAsync("CONFIG", "SET", "maxmemory", "1");
        Assert.Equal(HttpStatusCode.InsufficientStorage, (await server.PostAsync($"/v1/sessions/{id}/read", """{"prompt":"river"}""")).Status);
        await connection.GetDatabase().ExecuteAsync("CONFIG", "SET", "maxmemory", "0");
        JsonNode read = await server.JsonAsync($"/v1/sessions/{id}/read", """{"prompt":"river"}""");
        Assert.Equal(10, (int)read["session"]!["tokens"]!);
    }

    [SkippableFact]
    public async Task Any_replica_continues_any_session()
    {
        using ConnectionMultiplexer connection = await redis.ConnectAsync();
        ServerOptions Shared(ServerOptions options) => options with { OpenStore = _ => Store(connection), SharesSessions = true };
        await using TestServer one = await TestServer.StartAsync(Shared), two = await TestServer.StartAsync(Shared), alone = await TestServer.StartAsync();
        string id = (string)(await one.JsonAsync("/v1/sessions", "{}"))["id"]!, single = (string)(await alone.JsonAsync("/v1/sessions", "{}"))["id"]!;
        for (int turn = 0; turn < 6; turn++)
        {
            string body = $$"""{"prompt":"turn {{turn}}: ","max_tokens":12,"seed":{{turn}},"repetition_penalty":1.3}""";
            string expected = Text(await alone.JsonAsync($"/v1/sessions/{single}/generate", body));
            Assert.Equal(expected, Text(await (turn % 2 == 0 ? one : two).JsonAsync($"/v1/sessions/{id}/generate", body)));
        }

        Assert.Single((await two.GetAsync("/v1/sessions")).Json["data"]!.AsArray());
    }

    [Fact]
    public void Options_out_of_range_are_named()
    {
        Assert.Contains("prefix is ''", Assert.Throws<InputException>(new RedisSessionStoreOptions { Prefix = "" }.Validate).Message, StringComparison.Ordinal);
        Assert.Contains("without braces", Assert.Throws<InputException>(new RedisSessionStoreOptions { Prefix = "a}b" }.Validate).Message, StringComparison.Ordinal);
        Assert.Contains("database is -2", Assert.Throws<InputException>(new RedisSessionStoreOptions { Database = -2 }.Validate).Message, StringComparison.Ordinal);
        Assert.Contains("expiry is", Assert.Throws<InputException>(new RedisSessionStoreOptions { Expiry = TimeSpan.Zero }.Validate).Message, StringComparison.Ordinal);
        new RedisSessionStoreOptions().Validate();
    }

    private RedisSessionStore Store(ConnectionMultiplexer connection, TimeSpan? expiry = null) => new(connection, new RedisSessionStoreOptions { Prefix = _prefix, Expiry = expiry });

    private static async Task<List<string>> ListAsync(RedisSessionStore store, string owner)
    {
        List<string> ids = [];
        await foreach (SessionRecord record in store.ListAsync(owner, default))
        {
            ids.Add(record.Id);
        }

        return ids;
    }

    private static string NewId() => Guid.NewGuid().ToString("N");

    private static SessionRecord Record(string id, long version) => new(id, "o", "", version, 5, new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), new DateTimeOffset(2026, 1, 2, 3, 4, 6, TimeSpan.Zero));

    private static string Text(JsonNode answer) => (string)answer["choices"]![0]!["text"]!;
}

using System.Text;
using TransformerXL.Inference;
using TransformerXL.Inference.Sampling;
using TransformerXL.Inference.Serving;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tests.Inference.Serving;

public sealed class ServedConversationTests
{
    private const string Owner = "owner";

    [Theory]
    [InlineData(Kinds.TransformerXL)]
    [InlineData(Kinds.Vaswani)]
    [InlineData(Kinds.Lstm)]
    public async Task Conversations_leave_memory_and_come_back_exactly_also_after_a_restart(string kind)
    {
        using TemporaryFolder folder = new();
        await using ServedModel served = new(kind: kind);
        ConversationOptions options = new() { MemoryBytes = 2 * served.Scheduler.SessionBytes, Store = new FolderSessionStore(folder.Path) };
        List<string> ids = [];
        string[] texts = [.. Enumerable.Range(0, 6).Select(i => ServedModel.Text(10 + (5 * i), i))];
        await using (Conversations conversations = new(served.Scheduler, options))
        {
            foreach (string text in texts)
            {
                string id = (await conversations.OpenAsync(Owner)).Id;
                ids.Add(id);
                Assert.Equal(1 + text.EnumerateRunes().Count(), (await conversations.ReadAsync(Owner, id, Prompt.Of(text))).Tokens);
                Assert.InRange(conversations.Statistics.MemoryBytes, 0, options.MemoryBytes);
            }

            Assert.Equal(4, conversations.Statistics.Evicted);
            Assert.Equal(ids.Order(), (await conversations.ListAsync(Owner)).Select(info => info.Id).Order());
            Assert.Empty(await conversations.ListAsync("another"));
        }

        await using Conversations restarted = new(served.Scheduler, options with { MemoryBytes = 10 * served.Scheduler.SessionBytes });
        for (int i = 0; i < ids.Count; i++)
        {
            ResultStream<GenerationUpdate> results = await restarted.GenerateAsync(Owner, ids[i], ServedModel.Request("", 12, (ulong)i));
            Assert.Equal(served.WriteAlone(texts[i], 12, (ulong)i), (await ServedModel.Collect(results)).Text);
        }
    }

    [Fact]
    public async Task A_stored_state_with_another_byte_is_refused_and_can_be_deleted()
    {
        using TemporaryFolder folder = new();
        await using ServedModel served = new();
        ConversationOptions options = new() { Store = new FolderSessionStore(folder.Path), SavesAlways = true };
        string id;
        await using (Conversations conversations = new(served.Scheduler, options))
        {
            id = (await conversations.OpenAsync(Owner)).Id;
            await conversations.ReadAsync(Owner, id, Prompt.Of(ServedModel.Text(30, 1)));
        }

        string file = Directory.GetFiles(Path.Combine(folder.Path, id)).Single();
        byte[] whole = await File.ReadAllBytesAsync(file);
        // The lowest bit of a number in the middle of the state: the number stays finite.
        byte[] damaged = [.. whole];
        damaged[(whole.Length * 3 / 4) & ~3] ^= 1;
        await File.WriteAllBytesAsync(file, damaged);
        await using Conversations restarted = new(served.Scheduler, options);
        Assert.Contains("is damaged", (await Assert.ThrowsAsync<StoredSessionException>(() => restarted.ReadAsync(Owner, id, Prompt.Of("a")))).Message, StringComparison.Ordinal);
        await File.WriteAllBytesAsync(file, whole);
        await restarted.ReadAsync(Owner, id, Prompt.Of("a"));
        await restarted.DeleteAsync(Owner, id);
    }

    [Fact]
    public async Task A_conversation_goes_on_as_a_session_does_and_has_read_every_token_drawn()
    {
        await using ServedModel served = new();
        await using Conversations conversations = new(served.Scheduler, new ConversationOptions());
        string id = (await conversations.OpenAsync(Owner, "tale")).Id;
        InferenceSession alone = served.NewSession();
        Read([StartToken.Of(served.Vocabulary, served.Model), .. served.Vocabulary.Encode("once ")]);
        string first = served.ContinueAlone(alone, 7, 1);
        Read(served.Vocabulary.Encode("more text than a chunk"));
        string second = served.ContinueAlone(alone, 9, 2);
        Assert.Equal(first, (await ServedModel.Collect(await conversations.GenerateAsync(Owner, id, ServedModel.Request("once ", 7, 1)))).Text);
        ConversationInfo fork = await conversations.ForkAsync(Owner, id, "other");
        Assert.Equal(second, (await ServedModel.Collect(await conversations.GenerateAsync(Owner, id, ServedModel.Request("more text than a chunk", 9, 2)))).Text);
        Assert.Equal(alone.Tokens, (await conversations.GetAsync(Owner, id)).Tokens);
        Assert.Equal(second, (await ServedModel.Collect(await conversations.GenerateAsync(Owner, fork.Id, ServedModel.Request("more text than a chunk", 9, 2)))).Text);

        using MemoryStream exported = new();
        await conversations.ExportAsync(Owner, id, exported);
        exported.Position = 0;
        ConversationInfo copy = await conversations.ImportAsync(Owner, exported);
        string third = served.ContinueAlone(alone, 5, 3);
        Assert.Equal(third, (await ServedModel.Collect(await conversations.GenerateAsync(Owner, copy.Id, ServedModel.Request("", 5, 3)))).Text);
        Assert.Equal(alone.Tokens - 5, await conversations.InspectAsync(Owner, id, session => session.Tokens));

        void Read(int[] ids)
        {
            for (int at = 0; at < ids.Length; at += ServedModel.Chunk)
            {
                alone.Advance(ids.AsSpan(at, Math.Min(ServedModel.Chunk, ids.Length - at)), results: 1);
            }
        }
    }

    [Fact]
    public async Task A_fork_that_can_never_have_room_is_refused_and_changes_nothing()
    {
        await using ServedModel served = new();
        await using Conversations conversations = new(served.Scheduler, new ConversationOptions { MemoryBytes = (2 * served.Scheduler.SessionBytes) - 1 });
        string id = (await conversations.OpenAsync(Owner)).Id;
        InputException refused = await Assert.ThrowsAsync<InputException>(() => conversations.ForkAsync(Owner, id));
        Assert.Equal($"a fork needs two sessions of {served.Scheduler.SessionBytes} bytes in memory at once, but the memory for sessions is {conversations.Options.MemoryBytes} bytes", refused.Message);
        Assert.Equal([id], (await conversations.ListAsync(Owner)).Select(info => info.Id));
        Assert.Equal(5, (await conversations.ReadAsync(Owner, id, Prompt.Of("once"))).Tokens);
    }

    [Theory]
    [InlineData(false, "")]
    [InlineData(true, "")]
    [InlineData(false, "z\nz")]
    public async Task A_conversation_remembers_what_was_given_out_and_what_closes_it_but_no_stop_string(bool includesStop, string closing)
    {
        await using ServedModel served = new();
        await using Conversations conversations = new(served.Scheduler, new ConversationOptions());
        string whole = served.WriteAlone("once ", 40, 3);
        Rune[] letters = [.. whole.EnumerateRunes()];
        string Part(int begin, int end) => string.Concat(letters[begin..end]);
        int at = Enumerable.Range(3, 30).First(begin => whole.IndexOf(Part(begin, begin + 3), StringComparison.Ordinal) == Part(0, begin).Length);
        string given = Part(0, includesStop ? at + 3 : at), id = (await conversations.OpenAsync(Owner)).Id;
        GenerationRequest request = ServedModel.Request("once ", 40, 3) with { Stop = [Part(at, at + 3)], IncludesStop = includesStop, Closing = Prompt.Of(closing) };
        (string text, GenerationUpdate last, _) = await ServedModel.Collect(await conversations.GenerateAsync(Owner, id, request));
        Assert.Equal((given, FinishReason.Stop), (text, last.FinishReason));

        InferenceSession alone = served.NewSession();
        alone.Advance([StartToken.Of(served.Vocabulary, served.Model), .. served.Vocabulary.Encode("once ")], results: 1);
        foreach (int token in served.Vocabulary.Encode(given))
        {
            alone.Advance([token], results: 1);
        }

        if (closing.Length > 0)
        {
            alone.Advance(served.Vocabulary.Encode(closing), results: 1);
        }

        Assert.Equal(alone.Tokens, (await conversations.GetAsync(Owner, id)).Tokens);
        Assert.Equal(served.ContinueAlone(alone, 9, 4), (await ServedModel.Collect(await conversations.GenerateAsync(Owner, id, ServedModel.Request("", 9, 4)))).Text);
    }

    [Fact]
    public async Task A_text_that_ends_at_its_maximum_within_a_stop_string_is_remembered_whole()
    {
        await using ServedModel served = new();
        await using Conversations conversations = new(served.Scheduler, new ConversationOptions());
        string whole = served.WriteAlone("once ", 12, 3), id = (await conversations.OpenAsync(Owner)).Id;
        string stop = string.Concat(whole.EnumerateRunes().TakeLast(2)) + "\n\n\n";
        GenerationRequest request = ServedModel.Request("once ", 12, 3) with { Stop = [stop], Closing = Prompt.Of("\n") };
        Assert.Equal(whole, (await ServedModel.Collect(await conversations.GenerateAsync(Owner, id, request))).Text);
        Assert.Equal(1 + 5 + 12 + 1, (await conversations.GetAsync(Owner, id)).Tokens);
    }

    [Fact]
    public async Task What_closes_a_text_takes_the_place_of_a_stop_token()
    {
        await using ServedModel served = new();
        await using Conversations conversations = new(served.Scheduler, new ConversationOptions());
        int end = served.Vocabulary.Encode("\n")[0];
        GenerationRequest request = ServedModel.Request("once", 40, 3) with { StopTokens = [end], LogitBias = new Dictionary<int, double> { [end] = 1000 } };
        string plain = (await conversations.OpenAsync(Owner)).Id, closed = (await conversations.OpenAsync(Owner)).Id;
        await ServedModel.Collect(await conversations.GenerateAsync(Owner, plain, request));
        await ServedModel.Collect(await conversations.GenerateAsync(Owner, closed, request with { Closing = Prompt.Of("ab") }));
        Assert.Equal((1 + 4 + 1, 1 + 4 + 2), ((await conversations.GetAsync(Owner, plain)).Tokens, (await conversations.GetAsync(Owner, closed)).Tokens));
    }

    [Fact]
    public async Task The_repetition_penalty_of_a_conversation_sees_what_earlier_turns_have_read()
    {
        await using ServedModel served = new();
        await using Conversations conversations = new(served.Scheduler, new ConversationOptions());
        SamplingOptions sampling = new() { Temperature = 0, RepetitionPenalty = 50, RepetitionWindow = 20 };
        string id = (await conversations.OpenAsync(Owner)).Id;
        string first = (await ServedModel.Collect(await conversations.GenerateAsync(Owner, id, ServedModel.Request("abcdefg", 5, 1) with { Sampling = sampling }))).Text;
        string second = (await ServedModel.Collect(await conversations.GenerateAsync(Owner, id, ServedModel.Request("x", 5, 1) with { Sampling = sampling }))).Text;
        GenerationRequest whole = ServedModel.Request($"abcdefg{first}x", 5, 1) with { Sampling = sampling };
        Assert.Equal((await ServedModel.Collect(served.Scheduler.Generate(whole))).Text, second);
        Assert.NotEqual((await ServedModel.Collect(served.Scheduler.Generate(whole with { Sampling = sampling with { RepetitionWindow = 1 } }))).Text, second);
    }

    [Fact]
    public async Task Scores_in_a_conversation_are_predicted_from_all_that_was_read()
    {
        await using ServedModel served = new();
        await using Conversations conversations = new(served.Scheduler, new ConversationOptions());
        string id = (await conversations.OpenAsync(Owner)).Id, text = ServedModel.Text(30, 5);
        List<TokenScore> whole = await served.ScoreAlone(text), parts = [];
        for (int at = 0; at < 3; at++)
        {
            string part = string.Concat(text.EnumerateRunes().Skip(10 * at).Take(10));
            parts.AddRange(await (await conversations.ScoreAsync(Owner, id, new ScoreRequest { Prompt = Prompt.Of(part), Top = 1 })).CollectAsync());
        }

        // Chunks of other sizes round differently.
        Assert.Equal(whole.Select(score => score.Id), parts.Select(score => score.Id));
        Assert.All(whole.Zip(parts), pair => Assert.Equal(pair.First.Nll, pair.Second.Nll, 1e-4));
        Assert.Equal(31, (await conversations.GetAsync(Owner, id)).Tokens);
    }

    [Fact]
    public async Task A_conversation_belongs_to_its_owner()
    {
        using TemporaryFolder folder = new();
        await using ServedModel served = new();
        await using Conversations conversations = new(served.Scheduler, new ConversationOptions { Store = new FolderSessionStore(folder.Path), SavesAlways = true });
        string id = (await conversations.OpenAsync(Owner)).Id;
        Assert.Matches("^[0-9a-f]{32}$", id);
        string[] strange = [id, "../" + id, new string('f', 32), "", "é"];
        foreach (string other in strange)
        {
            await Assert.ThrowsAsync<SessionNotFoundException>(() => conversations.GetAsync("thief", other));
            await Assert.ThrowsAsync<SessionNotFoundException>(() => conversations.ReadAsync("thief", other, Prompt.Of("a")));
            await Assert.ThrowsAsync<SessionNotFoundException>(() => conversations.DeleteAsync("thief", other));
        }

        await conversations.DeleteAsync(Owner, id);
        await Assert.ThrowsAsync<SessionNotFoundException>(() => conversations.GetAsync(Owner, id));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task A_conversation_in_use_is_not_evicted_and_requests_wait_in_order()
    {
        using TemporaryFolder folder = new();
        await using ServedModel served = new(options => options with { MaxBufferedResults = 1 });
        await using Conversations conversations = new(
            served.Scheduler, new ConversationOptions { MemoryBytes = served.Scheduler.SessionBytes, Store = new FolderSessionStore(folder.Path), MaxWaiting = 1 });
        string id = (await conversations.OpenAsync(Owner)).Id;
        IAsyncEnumerator<GenerationUpdate> writing = (await conversations.GenerateAsync(Owner, id, ServedModel.Request("a", 30, 1))).GetAsyncEnumerator();
        Assert.True(await writing.MoveNextAsync());
        Assert.Contains("in use", (await Assert.ThrowsAsync<SchedulerBusyException>(() => conversations.OpenAsync(Owner))).Message, StringComparison.Ordinal);
        Task<ConversationInfo> second = conversations.ReadAsync(Owner, id, Prompt.Of("bc"));
        await Assert.ThrowsAsync<SchedulerBusyException>(() => conversations.ReadAsync(Owner, id, Prompt.Of("d")));
        Assert.False(second.IsCompleted);
        while (await writing.MoveNextAsync())
        {
        }

        Assert.Equal(1 + 1 + 30 + 2, (await second).Tokens);
        await conversations.OpenAsync(Owner);
        Assert.Equal(1, conversations.Statistics.Evicted);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_was_acknowledged_as_saved_survives_a_store_that_fails_at_any_call(bool afterwards)
    {
        await using ServedModel served = new();
        for (int failing = 1; ; failing++)
        {
            MemoryStore store = new() { FailsAt = failing, FailsAfterwards = afterwards };
            Dictionary<string, string> acknowledged = [];
            // It is never disposed, as after a kill.
            Conversations conversations = new(served.Scheduler, new ConversationOptions { MemoryBytes = 2 * served.Scheduler.SessionBytes, Store = store, SavesAlways = true });
            for (int i = 0; i < 4; i++)
            {
                string text = ServedModel.Text(9, i);
                try
                {
                    string id = (await conversations.OpenAsync(Owner)).Id;
                    acknowledged[id] = "";
                    await conversations.ReadAsync(Owner, id, Prompt.Of(text));
                    acknowledged[id] = text;
                }
                catch (IOException)
                {
                }
            }

            int calls = store.Calls;
            store.FailsAt = 0;
            await using Conversations restarted = new(served.Scheduler, new ConversationOptions { Store = store });
            foreach ((string id, string text) in acknowledged)
            {
                ConversationInfo info = await restarted.GetAsync(Owner, id);
                string written = (await ServedModel.Collect(await restarted.GenerateAsync(Owner, id, ServedModel.Request("", 6, 1)))).Text;
                bool hasMore = text.Length == 0 && info.Tokens > 1;
                Assert.True(hasMore || written == served.WriteAlone(text, 6, 1), $"call {failing}");
            }

            if (failing > calls)
            {
                Assert.Equal(4, acknowledged.Count);
                break;
            }
        }
    }

    [Fact]
    public async Task Two_processes_that_share_a_store_cannot_diverge()
    {
        using TemporaryFolder folder = new();
        await using ServedModel one = new(), two = new();
        await using Conversations first = new(one.Scheduler, Options()), second = new(two.Scheduler, Options());
        string id = (await first.OpenAsync(Owner)).Id;
        await first.ReadAsync(Owner, id, Prompt.Of("once upon "));
        Assert.Equal(11, (await second.GetAsync(Owner, id)).Tokens);
        await second.ReadAsync(Owner, id, Prompt.Of("a time"));
        Assert.Equal(17, (await first.GetAsync(Owner, id)).Tokens);
        Assert.Equal(18, (await first.ReadAsync(Owner, id, Prompt.Of(" "))).Tokens);

        IAsyncEnumerator<GenerationUpdate> writing = (await first.GenerateAsync(Owner, id, ServedModel.Request("", 200, 1))).GetAsyncEnumerator();
        Assert.True(await writing.MoveNextAsync());
        await second.ReadAsync(Owner, id, Prompt.Of("x"));
        await Assert.ThrowsAsync<SessionConflictException>(async () =>
        {
            while (await writing.MoveNextAsync())
            {
            }
        });
        Assert.Equal(19, (await first.GetAsync(Owner, id)).Tokens);
        await second.DeleteAsync(Owner, id);
        await Assert.ThrowsAsync<SessionNotFoundException>(() => first.ReadAsync(Owner, id, Prompt.Of("y")));

        ConversationOptions Options() => new() { Store = new FolderSessionStore(folder.Path), IsShared = true };
    }

    [Fact]
    public async Task What_another_process_has_deleted_is_not_listed_and_takes_no_place()
    {
        using TemporaryFolder folder = new();
        await using ServedModel one = new(), two = new();
        ConversationOptions options = new() { Store = new FolderSessionStore(folder.Path), IsShared = true, MaxPerOwner = 2 };
        await using Conversations first = new(one.Scheduler, options), second = new(two.Scheduler, options);
        string listed = (await first.OpenAsync(Owner)).Id, found = (await first.OpenAsync(Owner)).Id;
        await Assert.ThrowsAsync<SchedulerBusyException>(() => first.OpenAsync(Owner));
        await second.DeleteAsync(Owner, listed);
        await second.DeleteAsync(Owner, found);
        await Assert.ThrowsAsync<SessionNotFoundException>(() => first.GetAsync(Owner, found));
        Assert.Empty(await first.ListAsync(Owner));
        Assert.Equal(0, first.Statistics.MemoryBytes);
        await first.OpenAsync(Owner);
    }

    [Fact]
    public async Task No_more_conversations_are_opened_at_once_than_are_allowed()
    {
        await using ServedModel served = new();
        await using Conversations conversations = new(served.Scheduler, new ConversationOptions { MaxPerOwner = 3 });
        Exception?[] ends = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => Record.ExceptionAsync(() => conversations.OpenAsync(Owner)))));
        Assert.Equal(3, ends.Count(end => end is null));
        Assert.Equal(3, (await conversations.ListAsync(Owner)).Count);
    }

    [Fact]
    public async Task A_conversation_in_use_outlives_the_time_after_which_what_was_saved_expires()
    {
        using TemporaryFolder folder = new();
        TimerClock clock = new();
        FolderSessionStore store = new(folder.Path, new FolderSessionStoreOptions { Expiry = TimeSpan.FromDays(1), Clock = clock });
        await using ServedModel served = new(options => options with { Clock = clock });
        await using Conversations conversations = new(served.Scheduler, new ConversationOptions { Store = store });
        string id = (await conversations.OpenAsync(Owner)).Id;
        await conversations.ReadAsync(Owner, id, Prompt.Of("abc"));
        await conversations.SaveAsync(Owner, id);
        for (int hour = 0; hour < 40; hour++)
        {
            clock.Advance(TimeSpan.FromHours(1));
            await conversations.ReadAsync(Owner, id, Prompt.Of("d"));
        }

        Assert.Equal(1, await store.RemoveExpiredAsync());
        InputException nothing = await Assert.ThrowsAsync<InputException>(() => conversations.RestoreAsync(Owner, id));
        Assert.Contains("has expired", nothing.Message, StringComparison.Ordinal);
        Assert.Equal((44L, 1L), await conversations.SaveAsync(Owner, id) is var saved ? (saved.Tokens, saved.Version) : default);
        Assert.Equal(44, (await store.FindAsync(id, default))!.Tokens);
    }

    [Fact]
    public async Task The_wait_for_a_conversation_is_a_part_of_the_time_of_a_request()
    {
        await using ServedModel served = new();
        await using Conversations conversations = new(served.Scheduler, new ConversationOptions());
        string id = (await conversations.OpenAsync(Owner)).Id;
        await using (ResultStream<GenerationUpdate> writing = await conversations.GenerateAsync(Owner, id, ServedModel.Request("a", 1_000_000, 1)))
        {
            GenerationRequest next = ServedModel.Request("b", 1, 1) with { Timeout = TimeSpan.FromMilliseconds(50) };
            TimeoutException late = await Assert.ThrowsAsync<TimeoutException>(() => conversations.GenerateAsync(Owner, id, next));
            Assert.Contains("not available within 0.05 seconds", late.Message, StringComparison.Ordinal);
        }

        Assert.Equal(FinishReason.Length, (await ServedModel.Collect(await conversations.GenerateAsync(Owner, id, ServedModel.Request("b", 1, 1)))).Last.FinishReason);
    }

    [Fact]
    public async Task Restore_goes_back_to_what_was_saved()
    {
        await using ServedModel served = new();
        await using Conversations conversations = new(served.Scheduler, new ConversationOptions { Store = new MemoryStore() });
        string id = (await conversations.OpenAsync(Owner)).Id;
        await Assert.ThrowsAsync<InputException>(() => conversations.RestoreAsync(Owner, id));
        await conversations.ReadAsync(Owner, id, Prompt.Of("abc"));
        ConversationInfo saved = await conversations.SaveAsync(Owner, id);
        Assert.Equal((1L, true), (saved.Version, saved.IsSaved));
        await conversations.ReadAsync(Owner, id, Prompt.Of("def"));
        Assert.False((await conversations.GetAsync(Owner, id)).IsSaved);
        Assert.Equal(4, (await conversations.RestoreAsync(Owner, id)).Tokens);
        Assert.Equal("king", (await conversations.RenameAsync(Owner, id, "king")).Name);
        Assert.Equal(served.WriteAlone("abc", 9, 4), (await ServedModel.Collect(await conversations.GenerateAsync(Owner, id, ServedModel.Request("", 9, 4)))).Text);
    }

    [Fact]
    public async Task Idle_conversations_cost_their_caches_alone()
    {
        await using ServedModel served = new();
        await using Conversations conversations = new(served.Scheduler, new ConversationOptions());
        for (int i = 0; i < 64; i++)
        {
            await conversations.ReadAsync(Owner, (await conversations.OpenAsync(Owner)).Id, Prompt.Of("a"));
        }

        Assert.Equal(64 * served.NewSession().MemoryBytes, conversations.Statistics.MemoryBytes);
        Assert.Equal((0, 64), (conversations.Statistics.Active, conversations.Statistics.Idle));
    }
}

using TransformerXL.Inference;
using TransformerXL.Inference.Sampling;
using TransformerXL.Inference.Serving;
using TransformerXL.Tensors;
using Xunit;

namespace TransformerXL.Tests.Inference.Serving;

public sealed class ModelSchedulerTests
{
    [Fact]
    public async Task A_request_whose_client_has_left_already_is_not_computed()
    {
        await using ServedModel served = new();
        for (int i = 0; i < 100; i++)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => served.Scheduler.EmbedAsync(new EmbeddingRequest { Prompt = Prompt.Of("abc") }, new CancellationToken(canceled: true)));
        }
    }

    [Fact]
    public async Task A_bias_that_excludes_every_token_is_refused()
    {
        await using ServedModel served = new();
        Dictionary<int, double> none = Enumerable.Range(0, served.Vocabulary.Count).ToDictionary(token => token, _ => double.NegativeInfinity);
        Assert.Contains("excludes every token", Assert.Throws<InputException>(() => served.Scheduler.Generate(ServedModel.Request("a", 5, 1) with { LogitBias = none })).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Kinds.TransformerXL)]
    [InlineData(Kinds.Shaw)]
    [InlineData(Kinds.Vaswani)]
    [InlineData(Kinds.AlRfou)]
    [InlineData(Kinds.Lstm)]
    public async Task Whoever_else_is_served_a_request_gets_the_text_of_a_session_alone(string kind)
    {
        await using ServedModel served = new(options => options with { MaxStreams = 5, PrefixMemory = 1 << 18, PrefixInterval = 8 }, kind);
        Random random = new(4);
        string[] beginnings = [ServedModel.Text(40, 1), ServedModel.Text(40, 2)];
        List<Task> clients = [];
        for (int i = 0; i < 40; i++)
        {
            string prompt = string.Concat(beginnings[random.Next(2)].AsSpan(0, 2 * random.Next(10)), ServedModel.Text(random.Next(20), i));
            (int tokens, int leaves, string client) = (random.Next(1, 30), random.Next(4) == 0 ? random.Next(6) : -1, $"client {random.Next(3)}");
            GenerationRequest request = ServedModel.Request(prompt, tokens, (ulong)i) with { Client = client };
            clients.Add(Task.Run(async () =>
            {
                if (leaves >= 0)
                {
                    await foreach (GenerationUpdate _ in served.Scheduler.Generate(request))
                    {
                        if (leaves-- == 0)
                        {
                            break;
                        }
                    }

                    return;
                }

                (string text, GenerationUpdate last, _) = await ServedModel.Collect(served.Scheduler.Generate(request));
                lock (served)
                {
                    Assert.Equal(served.WriteAlone(prompt, tokens, request.Seed), text);
                }

                Assert.Equal(FinishReason.Length, last.FinishReason);
                Assert.Equal(tokens, last.Usage!.Value.GeneratedTokens);
            }));
        }

        await Task.WhenAll(clients);
        await served.Scheduler.StopAsync();
        SchedulerStatistics after = served.Scheduler.Statistics;
        Assert.Equal((0, 0, 0, 0L), (after.Queued, after.Reading, after.Writing, after.StateBytes));
        Assert.True(after.TokensReused > 0);
    }

    [Theory]
    [InlineData(Precision.Float32)]
    [InlineData(Precision.Int8)]
    public async Task Scores_and_vectors_are_those_of_scorer_and_embedder(Precision precision)
    {
        await using ServedModel served = new(precision: precision);
        string text = ServedModel.Text(41, 7);
        List<TokenScore> expected = await served.ScoreAlone(text, top: 3), scores = await served.Scheduler.Score(new ScoreRequest { Prompt = Prompt.Of(text), Top = 3 }).CollectAsync();
        Assert.Equal(expected.Select(score => (score.Position, score.Id, score.Text, score.Nll)), scores.Select(score => (score.Position, score.Id, score.Text, score.Nll)));
        Assert.Equal(expected.SelectMany(score => score.Top), scores.SelectMany(score => score.Top));
        foreach (EmbeddingPooling pooling in (EmbeddingPooling[])[EmbeddingPooling.Mean, EmbeddingPooling.Last])
        {
            TextEmbedding embedding = await served.Scheduler.EmbedAsync(new EmbeddingRequest { Prompt = Prompt.Of(text), Pooling = pooling, Normalizes = true });
            Assert.Equal(await served.EmbedAlone(text, pooling), embedding.Vector);
        }
    }

    [Fact]
    public async Task The_first_token_of_a_causal_model_is_no_embedding()
    {
        await using ServedModel served = new();
        InputException refused = await Assert.ThrowsAsync<InputException>(() => served.Scheduler.EmbedAsync(new EmbeddingRequest { Prompt = Prompt.Of("a"), Pooling = EmbeddingPooling.First }));
        Assert.Contains("choose mean or last", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(31)]
    public async Task An_echo_has_the_scores_of_a_scorer_and_the_text_of_a_session_alone(int length)
    {
        await using ServedModel served = new();
        string prompt = ServedModel.Text(length, 3);
        List<TokenScore> expected = await served.ScoreAlone(prompt, top: 2);
        GenerationRequest request = ServedModel.Request(prompt, 9, 5) with { ScoresPrompt = true, TopLogProbabilities = 2 };
        List<GenerationUpdate> updates = await served.Scheduler.Generate(request).CollectAsync();
        List<TokenResult> echo = [.. updates.Where(update => update.IsPrompt).SelectMany(update => update.Tokens)];
        Assert.Equal(expected.Select(score => (score.Id, (double?)-score.Nll)), echo.Select(token => (token.Id, token.LogProbability)));
        Assert.Equal(expected.SelectMany(score => score.Top), echo.SelectMany(token => token.Top));
        Assert.Equal(prompt, string.Concat(updates.Where(update => update.IsPrompt).Select(update => update.Text)));
        Assert.Equal(served.WriteAlone(prompt, 9, 5), string.Concat(updates.Where(update => !update.IsPrompt).Select(update => update.Text)));
        (_, GenerationUpdate last, List<TokenResult> none) = await ServedModel.Collect(served.Scheduler.Generate(request with { MaxTokens = 0 }));
        Assert.Equal((FinishReason.Length, 0L), (last.FinishReason, last.Usage!.Value.GeneratedTokens));
        Assert.Empty(none);
    }

    [Fact]
    public async Task Log_probabilities_are_those_of_the_model_whatever_was_drawn_from()
    {
        await using ServedModel served = new();
        GenerationRequest request = ServedModel.Request("penguin", 12, 2) with
        {
            Sampling = new SamplingOptions { Temperature = 3, TopK = 20, RepetitionPenalty = 1.5 },
            PresencePenalty = 1,
            LogitBias = new Dictionary<int, double> { [4] = 5 },
            TopLogProbabilities = served.Vocabulary.Count,
        };
        (_, _, List<TokenResult> tokens) = await ServedModel.Collect(served.Scheduler.Generate(request));
        InferenceSession session = served.NewSession();
        session.Advance([StartToken.Of(served.Vocabulary, served.Model), .. served.Vocabulary.Encode("penguin")], results: 1);
        foreach (TokenResult token in tokens)
        {
            float[] logits = session.Logits().Span.ToArray();
            double highest = logits.Max(), total = Math.Log(logits.Sum(logit => Math.Exp(logit - highest))) + highest;
            Assert.Equal(logits[token.Id] - total, token.LogProbability!.Value, 1e-12);
            Assert.Equal(1, token.Top.Sum(top => Math.Exp(top.LogProbability)), 1e-6);
            Assert.Equal(token.LogProbability, token.Top.Single(top => top.Id == token.Id).LogProbability);
            session.Advance([token.Id], results: 1);
        }
    }

    [Fact]
    public async Task Samples_are_what_each_seed_gives_alone_and_the_prompt_is_read_once()
    {
        await using ServedModel served = new();
        string prompt = ServedModel.Text(20, 9);
        List<GenerationUpdate> updates = await served.Scheduler.Generate(ServedModel.Request(prompt, 15, 30) with { Samples = 4 }).CollectAsync();
        for (int sample = 0; sample < 4; sample++)
        {
            Assert.Equal(served.WriteAlone(prompt, 15, 30 + (ulong)sample), string.Concat(updates.Where(update => update.Choice == sample).Select(update => update.Text)));
        }

        Assert.Equal(4, updates.Count(update => update.FinishReason == FinishReason.Length));
        Assert.Equal(21, served.Scheduler.Statistics.TokensRead);
        Assert.Contains("samples is 17, but must be from 1 to 16", Assert.Throws<InputException>(() => served.Scheduler.Generate(ServedModel.Request("", 1, 1) with { Samples = 17 })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stop_strings_and_stop_tokens_end_a_text_and_their_tokens_are_left_out()
    {
        await using ServedModel served = new();
        string whole = served.WriteAlone("a", 40, 8);
        string stop = whole[20..23];
        int end = whole.IndexOf(stop, StringComparison.Ordinal);
        GenerationRequest request = ServedModel.Request("a", 40, 8) with { Stop = [stop], TopLogProbabilities = 0 };
        (string text, GenerationUpdate last, List<TokenResult> tokens) = await ServedModel.Collect(served.Scheduler.Generate(request));
        Assert.Equal((whole[..end], FinishReason.Stop, stop), (text, last.FinishReason, last.StopString));
        Assert.Equal(text, string.Concat(tokens.Select(token => token.Text)));
        (text, _, tokens) = await ServedModel.Collect(served.Scheduler.Generate(request with { IncludesStop = true }));
        Assert.Equal(whole[..(end + 3)], text);
        Assert.Equal(text, string.Concat(tokens.Select(token => token.Text)));

        int letter = served.Vocabulary.Encode(whole.AsSpan(10, 1))[0];
        int first = whole.IndexOf(whole[10], StringComparison.Ordinal);
        (text, last, _) = await ServedModel.Collect(served.Scheduler.Generate(ServedModel.Request("a", 40, 8) with { StopTokens = [letter] }));
        Assert.Equal((whole[..first], FinishReason.Stop, letter), (text, last.FinishReason, last.StopToken));
        Assert.Equal(first + 1, last.Usage!.Value.GeneratedTokens);
        (text, last, _) = await ServedModel.Collect(served.Scheduler.Generate(ServedModel.Request("a", 40, 8) with { StopTokens = [letter], MinTokens = 40 }));
        Assert.Equal(FinishReason.Length, last.FinishReason);
        Assert.DoesNotContain(whole[10], text);
    }

    [Fact]
    public async Task Between_two_steps_no_more_prompt_tokens_are_read_than_allowed_and_a_short_prompt_does_not_wait_for_a_long_one()
    {
        List<(int Read, int Streams)> work = [];
        TaskCompletionSource first = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using ManualResetEventSlim asked = new();
        await using ServedModel served = new(options => options with
        {
            Observer = (read, streams) =>
            {
                work.Add((read, streams));
                if (streams > 0)
                {
                    // The first step lasts until the other texts are asked for: all 600 could be over before.
                    first.TrySetResult();
                    asked.Wait();
                }
            },
            PromptTokensPerStep = 2 * ServedModel.Chunk,
            PrefixMemory = 0,
            MaxBufferedResults = 1000,
        });
        IAsyncEnumerator<GenerationUpdate> reader = served.Scheduler.Generate(ServedModel.Request("a", 600, 1)).GetAsyncEnumerator();
        Task<bool> begins = reader.MoveNextAsync().AsTask();
        await first.Task;
        ResultStream<TokenScore> longText = served.Scheduler.Score(new ScoreRequest { Prompt = Prompt.Of(ServedModel.Text(2_000, 2)) });
        // It pauses for its reader, so that it cannot be complete, but the short one can.
        ResultStream<GenerationUpdate> shortText = served.Scheduler.Generate(ServedModel.Request("short", 3, 2));
        asked.Set();
        Assert.True(await begins);
        (_, GenerationUpdate brief, _) = await ServedModel.Collect(shortText);
        Assert.Equal(3, brief.Usage!.Value.GeneratedTokens);
        Task<List<TokenScore>> scores = longText.CollectAsync();
        while (await reader.MoveNextAsync())
        {
        }

        Assert.Equal(2_000, (await scores).Count);
        await served.Scheduler.StopAsync();
        int begun = work.FindIndex(item => item.Streams > 0), ended = work.FindLastIndex(item => item.Streams > 0);
        Assert.Contains(work[begun..ended], item => item.Read > 0);
        for (int i = begun; i < ended; i++)
        {
            Assert.InRange(work[i].Read, 0, 2 * ServedModel.Chunk);
            Assert.True(work[i].Streams > 0 || work[i + 1].Streams > 0, $"two readings without a step at {i}");
        }
    }

    [Fact]
    public async Task A_full_queue_refuses_with_a_time_to_try_again()
    {
        await using ServedModel served = new(options => options with { MaxStreams = 1, MaxQueued = 2, MaxBufferedResults = 1 });
        List<ResultStream<GenerationUpdate>> accepted = [served.Scheduler.Generate(ServedModel.Request("a", 5, 1))];
        IAsyncEnumerator<GenerationUpdate> first = accepted[0].GetAsyncEnumerator();
        Assert.True(await first.MoveNextAsync());
        accepted.AddRange([served.Scheduler.Generate(ServedModel.Request("b", 5, 1)), served.Scheduler.Generate(ServedModel.Request("c", 5, 1))]);
        SchedulerBusyException refused = Assert.Throws<SchedulerBusyException>(() => served.Scheduler.Generate(ServedModel.Request("d", 5, 1)));
        Assert.True(refused.RetryAfter >= TimeSpan.FromSeconds(1));
        Assert.Equal(1, served.Scheduler.Statistics.Refused);
        await first.DisposeAsync();
        foreach (ResultStream<GenerationUpdate> stream in accepted[1..])
        {
            Assert.Equal(FinishReason.Length, (await ServedModel.Collect(stream)).Last.FinishReason);
        }
    }

    [Fact]
    public async Task A_slow_reader_pauses_its_own_stream_only_and_gets_the_same_text()
    {
        await using ServedModel served = new(options => options with { MaxBufferedResults = 3 });
        IAsyncEnumerator<GenerationUpdate> slow = served.Scheduler.Generate(ServedModel.Request("slow", 50, 3)).GetAsyncEnumerator();
        Assert.True(await slow.MoveNextAsync());
        string text = slow.Current.Text;
        Assert.Equal(served.WriteAlone("quick", 200, 4), (await ServedModel.Collect(served.Scheduler.Generate(ServedModel.Request("quick", 200, 4)))).Text);
        // The slow one has written what is buffered, and at most one token more for each time that it was read.
        Assert.InRange(served.Scheduler.Statistics.TokensGenerated, 200, 200 + 1 + 3);
        while (await slow.MoveNextAsync())
        {
            text += slow.Current.Text;
        }

        Assert.Equal(served.WriteAlone("slow", 50, 3), text);
    }

    [Fact]
    public async Task A_deadline_ends_a_request_wherever_it_is()
    {
        TimerClock clock = new();
        await using ServedModel served = new(options => options with { Clock = clock, MaxStreams = 1, MaxBufferedResults = 2 });
        TimeSpan time = TimeSpan.FromSeconds(10);
        ResultStream<GenerationUpdate> writing = served.Scheduler.Generate(ServedModel.Request("a", 1000, 1) with { Timeout = time });
        IAsyncEnumerator<GenerationUpdate> reader = writing.GetAsyncEnumerator();
        Assert.True(await reader.MoveNextAsync());
        ResultStream<GenerationUpdate> waiting = served.Scheduler.Generate(ServedModel.Request(ServedModel.Text(50_000, 1), 1000, 1) with { Timeout = time });
        ResultStream<TokenScore> scoring = served.Scheduler.Score(new ScoreRequest { Prompt = Prompt.Of(ServedModel.Text(1000, 1)), Timeout = time });
        ResultStream<GenerationUpdate> patient = served.Scheduler.Generate(ServedModel.Request("c", 5, 1) with { Timeout = 2 * time });
        clock.Advance(TimeSpan.FromSeconds(11));
        GenerationUpdate last = reader.Current;
        while (await reader.MoveNextAsync())
        {
            last = reader.Current;
        }

        Assert.Equal(FinishReason.Deadline, last.FinishReason);
        Assert.InRange(last.Usage!.Value.GeneratedTokens, 1, 999);
        // The timers fire one after the other, so that these may have got the place for an instant, in which so long a prompt cannot be read: there is no text that could have been cut short.
        await Assert.ThrowsAsync<TimeoutException>(() => ServedModel.Collect(waiting));
        Assert.Contains("10 seconds", (await Assert.ThrowsAsync<TimeoutException>(async () => await scoring.CollectAsync())).Message, StringComparison.Ordinal);
        Assert.Equal(FinishReason.Length, (await ServedModel.Collect(patient)).Last.FinishReason);
    }

    [Fact]
    public async Task A_cancelled_request_frees_its_place()
    {
        await using ServedModel served = new(options => options with { MaxStreams = 1 });
        using CancellationTokenSource source = new();
        ResultStream<GenerationUpdate> endless = served.Scheduler.Generate(ServedModel.Request("a", 1, 1) with { MaxTokens = null }, source.Token);
        IAsyncEnumerator<GenerationUpdate> reader = endless.GetAsyncEnumerator();
        Assert.True(await reader.MoveNextAsync());
        ResultStream<GenerationUpdate> next = served.Scheduler.Generate(ServedModel.Request("b", 3, 1));
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            while (await reader.MoveNextAsync())
            {
            }
        });
        Assert.Equal(FinishReason.Length, (await ServedModel.Collect(next)).Last.FinishReason);
        Assert.Throws<InvalidOperationException>(() => next.GetAsyncEnumerator());
    }

    [Fact]
    public async Task A_client_with_many_requests_does_not_keep_another_one_waiting()
    {
        await using ServedModel served = new(options => options with { MaxStreams = 1, MaxBufferedResults = 5 });
        IAsyncEnumerator<GenerationUpdate> first = served.Scheduler.Generate(ServedModel.Request("a", 1, 1) with { MaxTokens = null, Client = "many" }).GetAsyncEnumerator();
        Assert.True(await first.MoveNextAsync());
        ResultStream<GenerationUpdate>[] many = [.. Enumerable.Range(0, 5).Select(i => served.Scheduler.Generate(ServedModel.Request("m", 20, (ulong)i) with { Client = "many" }))];
        ResultStream<GenerationUpdate> few = served.Scheduler.Generate(ServedModel.Request("f", 20, 9) with { Client = "few" });
        await first.DisposeAsync();
        // Of the many only the first is read: another one would keep the only place for ever.
        await Task.WhenAll(ServedModel.Collect(many[0]), ServedModel.Collect(few)).WaitAsync(TimeSpan.FromMinutes(2));
    }

    [Fact]
    public async Task A_scheduler_that_stops_refuses_new_requests_and_tells_those_that_it_cuts_off()
    {
        ServedModel served = new();
        IAsyncEnumerator<GenerationUpdate> endless = served.Scheduler.Generate(ServedModel.Request("a", 1, 1) with { MaxTokens = null }).GetAsyncEnumerator();
        Assert.True(await endless.MoveNextAsync());
        using CancellationTokenSource patience = new();
        Task stopping = served.Scheduler.StopAsync(patience.Token);
        Assert.Throws<SchedulerStoppedException>(() => served.Scheduler.Generate(ServedModel.Request("b", 1, 1)));
        Assert.False(stopping.IsCompleted);
        await patience.CancelAsync();
        GenerationUpdate last = endless.Current;
        while (await endless.MoveNextAsync())
        {
            last = endless.Current;
        }

        Assert.Equal(FinishReason.Cancelled, last.FinishReason);
        await stopping;
        await served.DisposeAsync();
        await Assert.ThrowsAsync<SchedulerStoppedException>(() => served.Scheduler.RunAsync(() => 1));
    }

    [Fact]
    public async Task Of_a_long_text_states_at_about_equal_distances_are_kept()
    {
        const int Interval = 16, Length = 60 * Interval;
        await using ServedModel served = new(options => options with { PrefixMemory = 1 << 26, PrefixInterval = Interval });
        string text = ServedModel.Text(Length, 3);
        await ServedModel.Collect(served.Scheduler.Generate(ServedModel.Request(text, 1, 1)));
        foreach (int length in (int[])[Length - 20, Length * 3 / 4, Length / 2, Length / 4])
        {
            (_, GenerationUpdate end, _) = await ServedModel.Collect(served.Scheduler.Generate(ServedModel.Request(text[..length] + "!", 1, 1)));
            Assert.InRange(length - end.Usage!.Value.ReusedTokens, 0, Length / 4);
        }
    }

    [Fact]
    public async Task A_text_that_was_read_is_not_read_again_and_gives_the_same()
    {
        await using ServedModel served = new(options => options with { PrefixMemory = 1 << 20, PrefixInterval = 16 });
        string prompt = ServedModel.Text(60, 3);
        string expected = served.WriteAlone(prompt, 10, 1);
        foreach (long reused in (long[])[0, 60])
        {
            (string text, GenerationUpdate last, _) = await ServedModel.Collect(served.Scheduler.Generate(ServedModel.Request(prompt, 10, 1)));
            Assert.Equal((expected, reused), (text, last.Usage!.Value.ReusedTokens));
        }

        string other = prompt[..50] + ServedModel.Text(30, 8);
        (string branch, GenerationUpdate end, _) = await ServedModel.Collect(served.Scheduler.Generate(ServedModel.Request(other, 10, 1)));
        Assert.Equal(served.WriteAlone(other, 10, 1), branch);
        Assert.InRange(end.Usage!.Value.ReusedTokens, 15, 50);
        // Usage would tell a client what others have asked.
        (_, end, _) = await ServedModel.Collect(served.Scheduler.Generate(ServedModel.Request(prompt, 10, 1) with { Client = "other" }));
        Assert.Equal(0, end.Usage!.Value.ReusedTokens);
    }

    [Fact]
    public async Task Requests_that_cannot_be_served_are_refused_by_name()
    {
        await using ServedModel served = new();
        GenerationRequest request = ServedModel.Request("a", 1, 1);
        Refused("token 99", request with { StopTokens = [99] });
        Refused("the bias of token 1 is NaN", request with { LogitBias = new Dictionary<int, double> { [1] = double.NaN } });
        Refused("presence penalty is Infinity", request with { PresencePenalty = double.PositiveInfinity });
        Refused("the prompt holds token -1", request with { Prompt = Prompt.Of([-1]) });
        Refused("timeout is", request with { Timeout = TimeSpan.Zero });
        Refused("most tokens is -1", request with { MaxTokens = -1 });
        Refused("least tokens are 6, but must be at most the most tokens, 5", request with { MaxTokens = 5, MinTokens = 6 });
        await Assert.ThrowsAsync<InputException>(() => served.Scheduler.EmbedAsync(new EmbeddingRequest { Prompt = Prompt.Empty }));

        void Refused(string message, GenerationRequest invalid) =>
            Assert.Contains(message, Assert.Throws<InputException>(() => served.Scheduler.Generate(invalid)).Message, StringComparison.Ordinal);
    }
}

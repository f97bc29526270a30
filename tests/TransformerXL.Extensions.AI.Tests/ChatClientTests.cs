using Microsoft.Extensions.AI;
using TransformerXL.Inference.Chat;
using TransformerXL.Inference.Sampling;
using TransformerXL.Inference.Serving;

namespace TransformerXL.Extensions.AI.Tests;

public sealed class ChatClientTests(SmallModel files) : IClassFixture<SmallModel>, IAsyncLifetime
{
    private static readonly ChatMessage[] s_messages = [new(ChatRole.System, "Be kind."), new(ChatRole.User, "Hello")];

    private LocalModel _model = null!;
    private IChatClient _client = null!;

    public Task InitializeAsync()
    {
        _model = files.Load();
        _client = _model.AsIChatClient();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _model.DisposeAsync();

    [Fact]
    public async Task A_reply_is_the_continuation_of_the_prompt_that_the_template_makes()
    {
        ChatOptions options = new()
        {
            Temperature = 0.7f,
            TopP = 0.9f,
            TopK = 20,
            MaxOutputTokens = 30,
            Seed = 3,
            FrequencyPenalty = 0.5f,
            PresencePenalty = 0.25f,
            Instructions = "Be short.",
        };
        ChatResponse reply = await _client.GetResponseAsync(s_messages, options);
        GenerationRequest request = new()
        {
            Prompt = Prompt.Of(ChatTemplate.Plain.Render([("system", "Be short."), ("system", "Be kind."), ("user", "Hello")])),
            Sampling = new SamplingOptions { Temperature = 0.7, TopP = 0.9, TopK = 20 },
            MaxTokens = 30,
            Seed = 3,
            FrequencyPenalty = 0.5,
            PresencePenalty = 0.25,
            Stop = ChatTemplate.Plain.Stop,
        };
        List<GenerationUpdate> expected = await _model.Scheduler.Generate(request).ToListAsync();
        Assert.Equal(string.Concat(expected.Select(update => update.Text)), reply.Text);
        Assert.Equal((ChatRole.Assistant, "mine", ChatFinishReason.Length), (Assert.Single(reply.Messages).Role, reply.ModelId, reply.FinishReason));
        TokenUsage usage = expected[^1].Usage!.Value;
        Assert.Equal((usage.PromptTokens, 30L, usage.PromptTokens + 30), (reply.Usage!.InputTokenCount, reply.Usage.OutputTokenCount, reply.Usage.TotalTokenCount));
        Assert.NotNull(reply.ResponseId);
        Assert.Null(reply.ConversationId);
    }

    [Fact]
    public async Task Streamed_updates_make_the_same_reply_and_the_last_one_has_reason_and_usage()
    {
        ChatOptions options = new() { MaxOutputTokens = 25, Seed = 1 };
        List<ChatResponseUpdate> updates = await _client.GetStreamingResponseAsync(s_messages, options).ToListAsync();
        Assert.True(updates.Count > 5);
        Assert.Equal((await _client.GetResponseAsync(s_messages, options)).Text, string.Concat(updates.Select(update => update.Text)));
        Assert.Equal(ChatFinishReason.Length, updates[^1].FinishReason);
        Assert.All(updates[..^1], update => Assert.Null(update.FinishReason));
        Assert.Equal(25, Assert.Single(updates.SelectMany(update => update.Contents).OfType<UsageContent>()).Details.OutputTokenCount);
        Assert.Single(updates.Select(update => update.MessageId).Distinct());
        Assert.All(updates, update => Assert.IsType<GenerationUpdate>(update.RawRepresentation));
    }

    [Fact]
    public async Task A_model_that_was_trained_for_a_task_does_not_chat()
    {
        await using LocalModel model = files.Load(options => options.ModelFolder = files.SaveClassifier());
        InputException exception = await Assert.ThrowsAsync<InputException>(() => model.AsIChatClient().GetResponseAsync("Hello"));
        Assert.Contains("was trained for a task and does not write text", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_disposed_model_ends_the_replies_of_conversations(bool readsOn)
    {
        LocalModel model = files.Load();
        IAsyncEnumerator<ChatResponseUpdate> reply = model.AsIChatClient()
            .GetStreamingResponseAsync("Hello", new ChatOptions { MaxOutputTokens = 1_000_000, ConversationId = LocalModel.NewConversation }).GetAsyncEnumerator();
        Assert.True(await reply.MoveNextAsync());
        Task disposed = model.DisposeAsync().AsTask();
        if (readsOn)
        {
            await Assert.ThrowsAsync<SchedulerStoppedException>(async () =>
            {
                while (await reply.MoveNextAsync())
                {
                }
            });
        }

        await disposed.WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task A_conversation_that_gets_no_reply_is_not_kept()
    {
        ChatOptions[] wrong = [new() { Temperature = -1 }, new() { StopSequences = [""] }, new() { StopSequences = [null!] }];
        foreach (ChatOptions options in wrong)
        {
            options.ConversationId = LocalModel.NewConversation;
            await Assert.ThrowsAnyAsync<InputException>(() => _client.GetResponseAsync("Hello", options));
        }

        Assert.Empty(await _model.Conversations.ListAsync(""));
        Assert.Contains("one of the messages is null", (await Assert.ThrowsAsync<InputException>(() => _client.GetResponseAsync([null!]))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_oldest_conversation_is_forgotten_where_a_new_one_has_no_room()
    {
        await using LocalModel model = files.Load(options => options.ConversationMemoryBytes = 1);
        IChatClient client = model.AsIChatClient();
        ChatOptions options = new() { MaxOutputTokens = 2, ConversationId = LocalModel.NewConversation };
        string? first = (await client.GetResponseAsync("Hello", options)).ConversationId, second = (await client.GetResponseAsync("Hello", options)).ConversationId;
        await client.GetResponseAsync("More", new ChatOptions { MaxOutputTokens = 2, ConversationId = second });
        await Assert.ThrowsAsync<SessionNotFoundException>(() => client.GetResponseAsync("More", new ChatOptions { MaxOutputTokens = 2, ConversationId = first }));
    }

    [Fact]
    public async Task A_stop_sequence_ends_the_reply_before_it()
    {
        ChatOptions options = new() { MaxOutputTokens = 40, Seed = 1 };
        string text = (await _client.GetResponseAsync(s_messages, options)).Text;
        string stop = text[10..12];
        options.StopSequences = [stop];
        ChatResponse reply = await _client.GetResponseAsync(s_messages, options);
        Assert.Equal((text[..text.IndexOf(stop, StringComparison.Ordinal)], ChatFinishReason.Stop), (reply.Text, reply.FinishReason));
    }

    [Fact]
    public async Task A_request_of_the_scheduler_gives_settings_that_have_no_common_name()
    {
        ChatOptions options = new()
        {
            Seed = 1,
            MaxOutputTokens = 10,
            RawRepresentationFactory = _ => new GenerationRequest { Prompt = Prompt.Empty, LogitBias = new Dictionary<int, double> { ['x'] = 1000 } },
        };
        Assert.Equal("xxxxxxxxxx", (await _client.GetResponseAsync(s_messages, options)).Text);
    }

    [Fact]
    public async Task A_conversation_remembers_what_was_read_and_reads_only_what_is_new()
    {
        ChatOptions options = new() { MaxOutputTokens = 12, Seed = 1, ConversationId = LocalModel.NewConversation };
        ChatResponse first = await _client.GetResponseAsync(s_messages, options);
        Assert.NotNull(first.ConversationId);
        long before = (await _model.Conversations.GetAsync("", first.ConversationId)).Tokens;
        options.ConversationId = first.ConversationId;
        ChatResponse second = await _client.GetResponseAsync("And now?", options);
        Assert.Equal(first.ConversationId, second.ConversationId);
        Assert.Equal(ChatTemplate.Plain.Render([("user", "And now?")], continues: true).Length, second.Usage!.InputTokenCount);
        // The conversation also reads what ends the assistant's turn.
        Assert.Equal(before + second.Usage.TotalTokenCount + ChatTemplate.Plain.ReplyEnd.Length, (await _model.Conversations.GetAsync("", first.ConversationId)).Tokens);
        ChatResponse alone = await _client.GetResponseAsync("And now?", new ChatOptions { MaxOutputTokens = 12, Seed = 1 });
        Assert.NotEqual(alone.Text, second.Text);
        options.ConversationId = "0123456789abcdef0123456789abcdef";
        await Assert.ThrowsAsync<SessionNotFoundException>(() => _client.GetResponseAsync("x", options));
    }

    [Fact]
    public async Task A_conversation_in_a_folder_outlives_the_model()
    {
        TransformerXLOptions settings = new() { ModelFolder = files.Path, ConversationFolder = files.Folder("conversations"), Threads = 1 };
        ChatOptions options = new() { MaxOutputTokens = 12, Seed = 1, ConversationId = LocalModel.NewConversation };
        string? id;
        await using (LocalModel first = LocalModel.Load(settings))
        {
            id = (await first.AsIChatClient().GetResponseAsync(s_messages, options)).ConversationId;
        }

        options.ConversationId = id;
        await using LocalModel again = LocalModel.Load(settings);
        ChatResponse restored = await again.AsIChatClient().GetResponseAsync("And now?", options);
        options.ConversationId = LocalModel.NewConversation;
        options.ConversationId = (await _client.GetResponseAsync(s_messages, options)).ConversationId;
        Assert.Equal((await _client.GetResponseAsync("And now?", options)).Text, restored.Text);
    }

    [Fact]
    public async Task A_text_that_was_read_before_is_not_read_again()
    {
        ChatMessage[] messages = [new(ChatRole.User, new string('a', 400))];
        ChatOptions options = new() { MaxOutputTokens = 2, Seed = 1 };
        ChatResponse first = await _client.GetResponseAsync(messages, options), second = await _client.GetResponseAsync(messages, options);
        Assert.Equal((0L, first.Text), (first.Usage!.CachedInputTokenCount, second.Text));
        Assert.True(second.Usage!.CachedInputTokenCount > 300);
    }

    [Fact]
    public async Task Cancellation_ends_the_reply_and_frees_the_place()
    {
        using CancellationTokenSource stop = new();
        ChatOptions options = new() { MaxOutputTokens = 1_000_000 };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (ChatResponseUpdate _ in _client.GetStreamingResponseAsync(s_messages, options, stop.Token))
            {
                await stop.CancelAsync();
            }
        });

        // A reader that leaves does the same.
        await foreach (ChatResponseUpdate _ in _client.GetStreamingResponseAsync(s_messages, options))
        {
            break;
        }

        Assert.Equal(5, (await _client.GetResponseAsync("x", new ChatOptions { MaxOutputTokens = 5 })).Usage!.OutputTokenCount);
        Assert.Equal(0, _model.Scheduler.Statistics.Writing);
    }

    [Fact]
    public async Task What_the_model_cannot_do_is_refused()
    {
        ChatOptions tools = new() { Tools = [AIFunctionFactory.Create(() => 1, "one")] };
        await Assert.ThrowsAsync<NotSupportedException>(() => _client.GetResponseAsync(s_messages, tools));
        tools.ToolMode = ChatToolMode.None;
        tools.MaxOutputTokens = 1;
        await _client.GetResponseAsync(s_messages, tools);
        await Assert.ThrowsAsync<NotSupportedException>(() => _client.GetResponseAsync(s_messages, new ChatOptions { ResponseFormat = ChatResponseFormat.Json }));
        await Assert.ThrowsAsync<NotSupportedException>(() => _client.GetResponseAsync([new(ChatRole.User, [new DataContent(new byte[1], "image/png")])]));
        await Assert.ThrowsAsync<InputException>(() => _client.GetResponseAsync([new(ChatRole.Tool, "x")]));
        await Assert.ThrowsAsync<InputException>(() => _client.GetResponseAsync([]));
        await Assert.ThrowsAsync<InputException>(() => _client.GetResponseAsync("x", new ChatOptions { ModelId = "gpt" }));
        await Assert.ThrowsAsync<InputException>(() => _client.GetResponseAsync("x", new ChatOptions { MaxOutputTokens = 0 }));
        await Assert.ThrowsAsync<InputException>(() => _client.GetResponseAsync("x", new ChatOptions { TopP = 0 }));
        await Assert.ThrowsAsync<InputException>(() => _client.GetResponseAsync("x", new ChatOptions { Temperature = float.NaN }));
    }

    [Fact]
    public async Task Services_are_found_and_a_disposed_client_leaves_the_model_alone()
    {
        ChatClientMetadata metadata = _client.GetRequiredService<ChatClientMetadata>();
        Assert.Equal((SchedulerTelemetry.Provider, "mine"), (metadata.ProviderName, metadata.DefaultModelId));
        Assert.Same(_model, _client.GetService<LocalModel>());
        Assert.Same(_client, _client.GetService<IChatClient>());
        Assert.Null(_client.GetService<string>());
        Assert.Null(_client.GetService(typeof(IChatClient), "key"));
        _client.Dispose();
        await _client.GetResponseAsync("x", new ChatOptions { MaxOutputTokens = 1 });
        await _model.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => _client.GetResponseAsync("x"));
        _model.Dispose();
    }
}

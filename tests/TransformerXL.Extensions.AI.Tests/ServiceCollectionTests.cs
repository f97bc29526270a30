using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using TransformerXL.Inference.Serving;

namespace TransformerXL.Extensions.AI.Tests;

public sealed class ServiceCollectionTests(SmallModel files) : IClassFixture<SmallModel>
{
    private static readonly ChatOptions s_short = new() { MaxOutputTokens = 6, Seed = 1 };

    [Fact]
    public async Task One_line_adds_chat_and_embeddings_over_one_model()
    {
        await using ServiceProvider services = new ServiceCollection().AddTransformerXL(files.Path).BuildServiceProvider();
        IChatClient chat = services.GetRequiredService<IChatClient>();
        Assert.Equal(6, (await chat.GetResponseAsync("Hello", s_short)).Usage!.OutputTokenCount);
        Assert.Equal(24, (await services.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>().GenerateVectorAsync("Hello")).Length);
        Assert.Same(services.GetRequiredService<LocalModel>(), chat.GetService<LocalModel>());
        await services.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => chat.GetResponseAsync("Hello"));
    }

    [Fact]
    public void Services_can_be_disposed_without_async()
    {
        ServiceProvider services = new ServiceCollection().AddTransformerXL(files.Path).BuildServiceProvider();
        LocalModel model = services.GetRequiredService<LocalModel>();
        services.Dispose();
        Assert.Throws<SchedulerStoppedException>(() => { _ = model.Scheduler.RunAsync(() => 1); });
    }

    [Fact]
    public async Task Models_with_keys_have_options_of_their_own()
    {
        ServiceCollection collection = new();
        collection.AddKeyedTransformerXL("a", files.Path, options => options.ModelId = "first").AddKeyedTransformerXL("b", options => options.ModelFolder = files.Path);
        collection.Configure<TransformerXLOptions>("b", options => options.MaxOutputTokens = 3);
        await using ServiceProvider services = collection.BuildServiceProvider();
        IChatClient a = services.GetRequiredKeyedService<IChatClient>("a"), b = services.GetRequiredKeyedService<IChatClient>("b");
        Assert.Equal(("first", "mine"), (a.GetRequiredService<ChatClientMetadata>().DefaultModelId, b.GetRequiredService<ChatClientMetadata>().DefaultModelId));
        Assert.Equal(3, (await b.GetResponseAsync("Hello")).Usage!.OutputTokenCount);
        Assert.Null(services.GetService<IChatClient>());
        Assert.NotNull(services.GetRequiredKeyedService<IEmbeddingGenerator<string, Embedding<float>>>("a"));
    }

    [Fact]
    public void Options_that_cannot_be_used_are_told()
    {
        using ServiceProvider none = new ServiceCollection().AddTransformerXL().BuildServiceProvider();
        Assert.Contains("ModelFolder", Assert.Throws<InputException>(none.GetRequiredService<IChatClient>).Message, StringComparison.Ordinal);
        using ServiceProvider missing = new ServiceCollection().AddTransformerXL(files.Folder("missing")).BuildServiceProvider();
        Assert.Throws<InputException>(missing.GetRequiredService<IChatClient>);
        using ServiceProvider wrong = new ServiceCollection().AddTransformerXL(files.Path, options => options.MaxOutputTokens = 0).BuildServiceProvider();
        Assert.Contains("MaxOutputTokens is 0", Assert.Throws<InputException>(wrong.GetRequiredService<IChatClient>).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_builders_cache_log_and_trace()
    {
        List<string> logged = [], traced = [];
        using ActivityListener listener = new()
        {
            ShouldListenTo = source => source.Name is "test-chat" or SchedulerTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                lock (traced)
                {
                    traced.Add($"{activity.Source.Name}: {activity.DisplayName} {activity.GetTagItem("gen_ai.usage.output_tokens")}");
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        ServiceCollection collection = new();
        collection.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(new ListLogger(logged)));
        collection.AddSingleton<IDistributedCache>(new MemoryDistributedCache(Options.Create(new MemoryDistributedCacheOptions())));
        collection.AddTransformerXL(files.Path, options => options.ModelId = "piped");
        collection.AddChatClient(services => services.GetRequiredService<LocalModel>().AsIChatClient()).UseDistributedCache().UseLogging().UseOpenTelemetry(sourceName: "test-chat");
        await using ServiceProvider services = collection.BuildServiceProvider();
        IChatClient chat = services.GetRequiredService<IChatClient>();
        ChatResponse first = await chat.GetResponseAsync("Hello", s_short), second = await chat.GetResponseAsync("Hello", s_short);
        Assert.Equal((first.Text, first.ResponseId), (second.Text, second.ResponseId));
        Assert.Equal(1, services.GetRequiredService<LocalModel>().Scheduler.Statistics.Requests);
        Assert.Contains("test-chat: chat piped 6", traced);
        Assert.Contains($"{SchedulerTelemetry.Name}: chat piped 6", traced);
        Assert.Contains(logged, line => line.StartsWith("TransformerXL.Extensions.AI.LocalModel: Loaded model piped", StringComparison.Ordinal));
        Assert.Contains(logged, line => line.Contains("chat piped: ", StringComparison.Ordinal) && line.EndsWith("6 written, ended by Length", StringComparison.Ordinal));
        Assert.Contains(logged, line => line.StartsWith("Microsoft.Extensions.AI.LoggingChatClient", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Metrics_have_the_names_of_OpenTelemetry_and_belong_to_the_factory_of_the_services()
    {
        HashSet<string> names = [];
        ServiceCollection collection = new();
        collection.AddMetrics();
        collection.AddTransformerXL(files.Path);
        await using ServiceProvider services = collection.BuildServiceProvider();
        IMeterFactory factory = services.GetRequiredService<IMeterFactory>();
        using MeterListener listener = new() { InstrumentPublished = (instrument, self) => { if (instrument.Meter.Scope == factory) { self.EnableMeasurementEvents(instrument); } } };
        listener.SetMeasurementEventCallback<double>((instrument, _, _, _) => Add(instrument.Name));
        listener.SetMeasurementEventCallback<long>((instrument, _, _, _) => Add(instrument.Name));
        listener.Start();
        await services.GetRequiredService<IChatClient>().GetResponseAsync("Hello", s_short);

        // The end of a request is measured on the thread of the scheduler; work behind it waits for that.
        await services.GetRequiredService<LocalModel>().Scheduler.RunAsync(() => 0);
        Assert.Superset(
            new HashSet<string> { "gen_ai.server.request.duration", "gen_ai.server.time_to_first_token", "gen_ai.server.time_per_output_token", "gen_ai.client.token.usage" }, names);

        void Add(string name)
        {
            lock (names)
            {
                names.Add(name);
            }
        }
    }

    [Fact]
    public async Task Semantic_Kernel_completes_and_streams_chats()
    {
        IKernelBuilder builder = Kernel.CreateBuilder();
        builder.Services.AddTransformerXL(files.Path);
        builder.Services.AddSingleton(services => services.GetRequiredService<IChatClient>().AsChatCompletionService(services));
        Kernel kernel = builder.Build();
        IChatCompletionService service = kernel.GetRequiredService<IChatCompletionService>();
        PromptExecutionSettings settings = new() { ExtensionData = new Dictionary<string, object> { ["max_tokens"] = 7, ["seed"] = 1L } };
        ChatHistory history = new("Be kind.");
        history.AddUserMessage("Hello");
        ChatMessageContent reply = await service.GetChatMessageContentAsync(history, settings, kernel);
        string streamed = string.Concat(await service.GetStreamingChatMessageContentsAsync(history, settings, kernel).Select(part => part.Content).ToListAsync());
        Assert.Equal((AuthorRole.Assistant, reply.Content), (reply.Role, streamed));
        Assert.Equal(7, reply.Content!.EnumerateRunes().Count(), 7.0);
        Assert.NotEmpty((await kernel.InvokePromptAsync("Hello", new KernelArguments(settings))).ToString());
        ((IDisposable)kernel.Services).Dispose();
    }

    private sealed class ListLogger(List<string> lines) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => new Logger(categoryName, lines);

        public void Dispose()
        {
        }

        private sealed class Logger(string category, List<string> lines) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            {
                lock (lines)
                {
                    lines.Add($"{category}: {formatter(state, exception)}");
                }
            }
        }
    }
}

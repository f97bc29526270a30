using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TransformerXL.Files;
using TransformerXL.Server.Http;
using TransformerXL.Server.Metrics;
using TransformerXL.Server.Serving;

namespace TransformerXL.Server;

/// <summary>
/// Serves models over HTTP: OpenAI's completions, chat and embeddings, sessions that are kept, and the state of the server. It listens while the models
/// are being loaded, and says so by status 503.
/// </summary>
public sealed class ModelServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly ServerServices _services;
    private readonly Lock _stopping = new();
    private readonly CancellationTokenSource _patience = new();
    private Task? _stop;

    private ModelServer(WebApplication application, ServerServices services) => (_application, _services) = (application, services);

    /// <summary>The addresses that it listens on, such as <c>http://127.0.0.1:8080</c>.</summary>
    public IReadOnlyList<string> Addresses { get; private set; } = [];

    /// <summary>Begins to listen, and loads the models.</summary>
    /// <param name="options">What to serve.</param>
    /// <param name="logging">Where log lines go; null for nowhere.</param>
    /// <param name="cancellationToken">Stops the start.</param>
    /// <exception cref="InputException">An option is not valid, a model cannot be loaded, or the address is in use.</exception>
    public static async Task<ModelServer> StartAsync(ServerOptions options, Action<ILoggingBuilder>? logging = null, CancellationToken cancellationToken = default)
    {
        ModelServer server = await ListenAsync(options, logging, cancellationToken).ConfigureAwait(false);
        try
        {
            await server.LoadAsync(cancellationToken).ConfigureAwait(false);
            return server;
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Begins to listen; requests are answered by status 503 until <see cref="LoadAsync"/> is complete.</summary>
    /// <inheritdoc cref="StartAsync" path="/param|/exception"/>
    public static async Task<ModelServer> ListenAsync(ServerOptions options, Action<ILoggingBuilder>? logging = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        ServerServices services = new(options, new ModelRegistry(), new ServerState(), new ServerMetrics());
        WebApplication application = Build(services, logging);
        ModelServer server = new(application, services);
        try
        {
            await application.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidOperationException or FormatException or ArgumentException or System.Net.Sockets.SocketException or System.Security.Cryptography.CryptographicException)
        {
            await server.DisposeAsync().ConfigureAwait(false);
            string place = options.KestrelFile is { } file ? $"as {file} says" : $"on {options.Host}, port {options.Port}";
            string remedy = options.KestrelFile is null ? ". Choose another address or port; port 0 is a free one" : "";
            throw new InputException($"the server cannot listen {place}: {InputText.ShowMessage(exception.Message).TrimEnd('.')}{remedy}", exception);
        }

        server.Addresses = [.. application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses ?? []];
        return server;
    }

    /// <summary>Loads the models; then requests are answered.</summary>
    /// <exception cref="InputException">A model cannot be loaded.</exception>
    public async Task LoadAsync(CancellationToken cancellationToken = default)
    {
        await Task.Run(() => _services.Models.Load(_services.Options, cancellationToken), cancellationToken).ConfigureAwait(false);
        _services.State.SetReady();
    }

    /// <summary>
    /// Takes no new requests, waits for those in progress (at most <see cref="ServerOptions.DrainTime"/>, then they are cancelled), and saves sessions.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        Task stop;
        lock (_stopping)
        {
            stop = _stop ??= Task.Run(StopOnceAsync, CancellationToken.None);
        }

        // There is one stop, which every caller waits for and may hurry.
        using CancellationTokenRegistration hurry = stop.IsCompleted ? default : cancellationToken.UnsafeRegister(static patience => ((CancellationTokenSource)patience!).Cancel(), _patience);
        await stop.ConfigureAwait(false);
    }

    private async Task StopOnceAsync()
    {
        _patience.CancelAfter(_services.Options.DrainTime);
        Task drained = _services.State.StopAsync();
        await Task.WhenAll(_services.Models.All.Select(model => model.Scheduler.StopAsync(_patience.Token))).ConfigureAwait(false);
        await Task.WhenAny(drained, Task.Delay(TimeSpan.FromSeconds(1), CancellationToken.None)).ConfigureAwait(false);
        using CancellationTokenSource now = new(TimeSpan.FromSeconds(1));
        await _application.StopAsync(now.Token).ConfigureAwait(false);
        await _services.Models.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Waits for Ctrl+C, SIGTERM or <see cref="StopAsync"/>, and then stops as <see cref="StopAsync"/> does.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">The wait was cancelled; the server goes on.</exception>
    public async Task WaitForShutdownAsync(CancellationToken cancellationToken = default)
    {
        TaskCompletionSource stopping = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using (_application.Lifetime.ApplicationStopping.Register(stopping.SetResult))
        {
            await stopping.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        await StopAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
        await _application.DisposeAsync().ConfigureAwait(false);
        _patience.Dispose();
    }

    private static WebApplication Build(ServerServices services, Action<ILoggingBuilder>? logging)
    {
        ServerOptions options = services.Options;
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "txl" });
        builder.WebHost.UseKestrelCore();
        if (options.KestrelFile is { } file)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
            KestrelFiles.Add(builder.Configuration, file);
        }

        builder.WebHost.ConfigureKestrel(kestrel => Configure(kestrel, options, builder.Configuration));
        builder.Services.AddRoutingCore();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));
        builder.Services.AddLogging(log =>
        {
            logging?.Invoke(log);
            // The host logs a failed start with its stack trace before it throws the exception, which becomes the message of the caller.
            log.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        });
        WebApplication application = builder.Build();
        ILogger logger = application.Services.GetRequiredService<ILoggerFactory>().CreateLogger("txl.server");
        KeyRing keys = new(options.ApiKeys);
        OriginRules origins = new(options.Origins, [options.Host, .. options.AllowedHosts], !keys.IsEmpty);
        RequestPipeline pipeline = new(services.State, origins, keys, services.Metrics, logger, services.Clock);
        application.UseRouting();
        application.Use((context, next) => pipeline.InvokeAsync(context, next));
        ServerRoutes.Map(application, services);
        return application;
    }

    private static void Configure(KestrelServerOptions kestrel, ServerOptions options, ConfigurationManager configuration)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = options.Limits.BodyBytes;
        kestrel.Limits.MaxRequestHeadersTotalSize = options.Limits.HeaderBytes;
        kestrel.Limits.MaxRequestLineSize = Math.Min(8 << 10, options.Limits.HeaderBytes);
        kestrel.Limits.MaxConcurrentConnections = options.Limits.Connections;
        kestrel.Limits.MaxRequestBufferSize = Math.Max(64 << 10, kestrel.Limits.MaxRequestLineSize + options.Limits.HeaderBytes);
        IConfigurationSection section = configuration.GetSection("Kestrel");
        if (section.Exists())
        {
            kestrel.Configure(section);
        }

        if (!section.GetSection("Endpoints").Exists())
        {
            ListenAddresses.Listen(kestrel, options.Host, options.Port);
        }
    }
}

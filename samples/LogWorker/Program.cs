using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TransformerXL;
using TransformerXL.Inference.Watching;
using TransformerXL.Tensors.Cpu;

// Usage: logworker-example RUN FILE
HostApplicationBuilder builder = Host.CreateApplicationBuilder();
builder.Services.AddSingleton(ModelFolder.Load(args[0]));
builder.Services.AddHostedService(services => new LogWorker(services.GetRequiredService<ModelFolder>(), services.GetRequiredService<ILogger<LogWorker>>(), args[1]));
await builder.Build().RunAsync();

/// <summary>Reads a growing log for ever, in constant memory, and reports what the model did not expect.</summary>
internal sealed class LogWorker(ModelFolder trained, ILogger<LogWorker> logger, string file) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using CpuBackend backend = new(threads: 1);
        using GrowingFileStream log = new(file);
        LineWatcher watcher = new(trained.Model, trained.Vocabulary, backend, WatchOptions.ForTrained(trained.Configuration.Context) with { Quantile = 0.99, WarmUp = 50 });
        await foreach (LineScore line in watcher.WatchAsync(log, stoppingToken))
        {
            if (line.StandsOut)
            {
                logger.LogWarning("line {Line}, {Bits:0.00} bits per character: {Text}", line.Line, line.BitsPerCharacter, line.Text);
            }
        }
    }
}

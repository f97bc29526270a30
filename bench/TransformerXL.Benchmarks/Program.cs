using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Filters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;
using TransformerXL.Benchmarks;
using TransformerXL.Testing;

// --quick: the operations on one thread, measured briefly. --zipf-text FILE WORDS: writes a text with so many different words.
// Everything else goes to BenchmarkDotNet (--help tells).
const string Quick = "--quick", Zipf = "--zipf-text";

if (args is [Zipf, var path, var words])
{
    using StreamWriter writer = new(path);
    ZipfText.Write(writer, int.Parse(words, CultureInfo.InvariantCulture));
    return;
}

bool quick = args.Contains(Quick);
Job job = Job.Default.WithToolchain(InProcessEmitToolchain.Instance);
ManualConfig config = ManualConfig.Create(quick ? ManualConfig.CreateEmpty().AddColumnProvider(DefaultColumnProviders.Instance) : DefaultConfig.Instance)
    .AddDiagnoser(MemoryDiagnoser.Default)
    .AddColumn(new GigaflopsColumn())
    .HideColumns(Column.Error, Column.StdDev, Column.Gen0, Column.Gen1, Column.Gen2, Column.RatioSD)
    .WithSummaryStyle(SummaryStyle.Default.WithMaxParameterColumnWidth(80))
    .AddFilter(new SimpleFilter(benchmark => !OpBenchmarks.RepeatsForward(benchmark)));
if (quick)
{
    config
        .AddLogger(ConsoleLogger.Default)
        .WithOptions(ConfigOptions.DisableLogFile)
        .AddFilter(new SimpleFilter(benchmark => benchmark.Parameters["Threads"] is 1))
        .AddJob(job.WithWarmupCount(1).WithIterationCount(3).WithIterationTime(TimeInterval.FromMilliseconds(60)));
    BenchmarkRunner.Run<OpBenchmarks>(config, [.. args.Where(argument => argument != Quick)]);
}
else
{
    BenchmarkSwitcher.FromAssembly(typeof(OpBenchmarks).Assembly).Run(args, config.AddJob(job));
}

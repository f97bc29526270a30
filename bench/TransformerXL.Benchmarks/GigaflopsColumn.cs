using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace TransformerXL.Benchmarks;

/// <summary>Additions and multiplications per nanosecond by the median; a backward pass counts as two forward passes.</summary>
public sealed class GigaflopsColumn : IColumn
{
    public string Id => nameof(GigaflopsColumn);

    public string ColumnName => "GFLOP/s";

    public string Legend => "10^9 additions and multiplications per second, by the median; a backward pass counts as two forward passes";

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public bool IsAvailable(Summary summary) => true;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) => GetValue(summary, benchmarkCase, SummaryStyle.Default);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style)
    {
        double? nanoseconds = summary[benchmarkCase]?.ResultStatistics?.Median;
        if (nanoseconds is null || benchmarkCase.Parameters["Case"] is not MeasuredCase measured)
        {
            return "-";
        }

        bool backward = benchmarkCase.Descriptor.WorkloadMethod.Name == nameof(OpBenchmarks.ForwardBackward);
        double flops = measured.Value.Flops * (backward ? 3 : 1);
        return (flops / nanoseconds.Value).ToString("0.0", CultureInfo.InvariantCulture);
    }
}

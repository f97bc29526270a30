using System.Text.Json;
using TransformerXL.Cli.Options;

namespace TransformerXL.Cli.Bench;

/// <summary>Measurements as JSON objects; <c>bench/compare.py</c> reads them.</summary>
internal static class BenchJson
{
    public static void Write(Utf8JsonWriter json, BenchResult result)
    {
        json.WriteStartObject();
        json.WriteString("model", result.Model);
        json.WriteString("mode", result.Mode);
        json.WriteNumber("batch", result.Batch);
        json.WriteNumber("threads", result.Threads);
        json.WriteString("isa", result.Isa);
        json.WriteString("precision", result.Precision);
        WriteUnit(json, result.Precision, result.Unit);
        json.WriteNumber("parameters", result.Parameters);
        json.WriteNumber("target_length", result.TargetLength);
        json.WriteNumber("memory_length", result.MemoryLength);
        json.WriteNumber("dropout", result.Dropout);
        json.WriteNumber("steps", result.Steps);
        json.WriteNumber("tokens_per_second", result.TokensPerSecond);
        json.WriteNumber("seconds_per_step", result.SecondsPerStep);
        json.WriteNumber("gflops", result.Gigaflops);
        json.WriteNumber("peak_gflops", result.PeakGigaflops);
        json.WriteNumber("share_of_peak", result.ShareOfPeak);
        json.WriteNumber("gigabytes_per_second", result.Gigabytes);
        json.WriteNumber("peak_gigabytes_per_second", result.PeakGigabytes);
        json.WriteNumber("share_of_bandwidth", result.ShareOfBandwidth);
        json.WriteNumber("peak_memory_bytes", result.PeakMemoryBytes);
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, MatrixProductBench.Result result, string isa, int threads)
    {
        json.WriteStartObject();
        json.WriteString("mode", "matmul");
        json.WriteNumber("rows", result.Rows);
        json.WriteNumber("columns", result.Columns);
        json.WriteNumber("depth", result.Depth);
        json.WriteNumber("threads", threads);
        json.WriteString("isa", isa);
        json.WriteString("precision", result.Precision);
        WriteUnit(json, result.Precision, result.Unit);
        json.WriteNumber("gflops", result.Gigaflops);
        json.WriteNumber("peak_gflops", result.PeakGigaflops);
        json.WriteNumber("share_of_peak", result.Share.Share);
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, SlowDownBench.Result result)
    {
        json.WriteStartObject();
        json.WriteString("model", result.Model);
        json.WriteString("mode", "evaluation");
        json.WriteNumber("attention_length", result.AttentionLength);
        json.WriteNumber("threads", result.Threads);
        json.WriteString("isa", result.Isa);
        json.WriteString("precision", "float32");
        json.WriteNumber("windows_at_once", result.Windows);
        json.WriteNumber("segment_length", result.SegmentLength);
        json.WriteNumber("tokens_at_once", result.TokensAtOnce);
        json.WriteNumber("window_seconds_per_token", result.WindowSeconds);
        json.WriteNumber("reuse_seconds_per_token", result.ReuseSeconds);
        json.WriteNumber("slow_down", result.SlowDown);
        json.WriteNumber("paper_slow_down", result.PaperSlowDown);
        json.WriteEndObject();
    }

    private static void WriteUnit(Utf8JsonWriter json, string precision, string? unit)
    {
        json.WriteBoolean("tiles", unit == "amx");
        json.WriteString("bf16_unit", precision == PrecisionNames.Bfloat16 ? unit : null);
        json.WriteString("int8_unit", precision == PrecisionNames.Int8 ? unit : null);
    }
}

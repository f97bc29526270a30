using System.Text.Json;

namespace TransformerXL.Cli.Tests.Commands;

public class BenchTests
{
    [Theory]
    [InlineData("train", 2, 128, 128, 0.1)]
    [InlineData("evaluate", 1, 128, 256, 0)]
    [InlineData("generate", 3, 1, 128, 0)]
    public async Task A_measurement_gives_what_the_comparison_with_the_reference_asks_for(string mode, int batch, int target, int memory, double dropout)
    {
        using JsonDocument line = JsonDocument.Parse(await FakeTerminal.OutputOf("bench", mode, "--seconds", "0.1", "--threads", "1", "--batch", $"{batch}", "--json"));
        JsonElement root = line.RootElement;
        Assert.Equal(("small", mode, "float32"), (root.GetProperty("model").GetString(), root.GetProperty("mode").GetString(), root.GetProperty("precision").GetString()));
        Assert.Equal((batch, 1, target, memory), (root.GetProperty("batch").GetInt32(), root.GetProperty("threads").GetInt32(), root.GetProperty("target_length").GetInt32(), root.GetProperty("memory_length").GetInt32()));
        Assert.Equal(3_470_285, root.GetProperty("parameters").GetInt64());
        Assert.Equal(dropout, root.GetProperty("dropout").GetDouble());
        Assert.All((string[])["tokens_per_second", "seconds_per_step", "gflops", "peak_gflops", "share_of_peak", "peak_memory_bytes"], name => Assert.True(root.GetProperty(name).GetDouble() > 0, name));
        Assert.InRange(root.GetProperty("share_of_peak").GetDouble(), 0, 1.5);
    }

    [Fact]
    public async Task Without_json_a_table_is_printed()
    {
        string output = await FakeTerminal.OutputOf("bench", "generate", "--seconds", "0.1", "--threads", "1");
        Assert.All((string[])["generate small", "3.47 million parameters", "tokens/s", "GFLOP/s", "measured peak", "peak memory"], text => Assert.Contains(text, output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Matrix_products_are_measured_shape_by_shape()
    {
        string output = await FakeTerminal.OutputOf("bench", "matmul", "--seconds", "0.1", "--threads", "1", "--json");
        foreach (string line in output.TrimEnd('\n').Split('\n'))
        {
            using JsonDocument shape = JsonDocument.Parse(line);
            Assert.True(shape.RootElement.GetProperty("gflops").GetDouble() > 0);
        }

        Assert.Equal(Cli.Bench.MatrixProductBench.Shapes.Count, output.TrimEnd('\n').Split('\n').Length);
    }
}

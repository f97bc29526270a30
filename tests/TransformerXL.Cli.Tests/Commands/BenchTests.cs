using System.Text.Json;
using TransformerXL.Cli.Bench;
using TransformerXL.Cli.Screens;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Training;
using TransformerXL.Training.Presets;
using TransformerXL.Training.Records;

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

    [Theory]
    [InlineData("evaluate", "int8")]
    [InlineData("generate", "int8")]
    public async Task A_measurement_in_a_lower_precision_says_so(string mode, string precision)
    {
        string[] line = ["bench", mode, "--seconds", "0.1", "--threads", "1", "--batch", "1", "--precision", precision];
        using JsonDocument json = JsonDocument.Parse(await FakeTerminal.OutputOf([.. line, "--json"]));
        Assert.Equal(precision, json.RootElement.GetProperty("precision").GetString());
        using CpuBackend backend = new(threads: 1);
        string? unit = mode == "generate" ? null : backend.Int8Unit;
        Assert.Equal(unit, json.RootElement.GetProperty("int8_unit").GetString());
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("bf16_unit").ValueKind);
        Assert.Contains(unit is null ? $"{precision}, " : $"{precision} by {unit}, ", await FakeTerminal.OutputOf(line), StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_in_8_bits_reads_a_quarter_of_the_weights_and_half_of_the_memory()
    {
        using CpuBackend backend = new(threads: 1);
        long exact = new GenerationWorkload(BenchModel.Small, 1, Precision.Float32, backend).BytesPerStep;
        long half = new GenerationWorkload(BenchModel.Small, 1, Precision.Bfloat16, backend).BytesPerStep;
        long quarter = new GenerationWorkload(BenchModel.Small, 1, Precision.Int8, backend).BytesPerStep;
        long kept = 3L * BenchModel.Small.GenerationMemory * 256 * 4 * sizeof(float);
        Assert.Equal(exact, 2 * half);
        Assert.Equal(((exact - kept) / 4) + (kept / 2), quarter);
    }

    [Fact]
    public void Sizes_that_are_given_take_the_place_of_the_architectures_and_stand_in_its_name()
    {
        BenchModel small = BenchModel.Small, wide = small.With(2, 192, 32, 48);
        Assert.Same(small, small.With(null, null, null, null));
        Assert.Equal("small, layers 2, model size 192, target 32, memory 48", wide.Name);
        Assert.Equal((2, 192, 3, 64, 768), Sizes(wide));
        Assert.Equal((32, 48, 32, 48, 48), (wide.Training.TargetLength, wide.Training.MemoryLength, wide.Evaluation.TargetLength, wide.Evaluation.MemoryLength, wide.GenerationMemory));
        Assert.Equal(small.Model with { Layers = 2 }, small.With(2, null, null, null).Model);
    }

    [Fact]
    public void Sizes_of_a_small_model_keep_its_proportions()
    {
        BenchModel tiny = BenchModel.Of(Preset.Find("tiny")).With(null, 48, null, null), single = BenchModel.Small.With(null, 16, null, null);
        Assert.Equal((4, 48, 1, 32, 129), Sizes(tiny));
        Assert.Equal((4, 16, 1, 16, 64), Sizes(single));
        Assert.Equal((48, 0), (tiny.Model.EmbeddingSize, single.Model.EmbeddingSize));
        using CpuBackend backend = new(threads: 1);
        IReadOnlyList<SizeBench.Variation> variations = new SizeBench(tiny, backend, TimeProvider.System).Variations;
        Assert.All(variations, variation => TrainingWorkload.Create(variation.Model, variation.Streams, Precision.Float32, backend).Step());
    }

    [Fact]
    public void Every_preset_is_measured_with_its_own_lengths_batch_and_recipe()
    {
        foreach (Preset preset in Preset.All)
        {
            RunConfiguration run = preset.ForTypicalText();
            if (preset.Task is not null)
            {
                Assert.Contains($"the preset {preset.Name} is for a task", Assert.Throws<InputException>(() => BenchModel.Of(preset)).Message, StringComparison.Ordinal);
                continue;
            }

            BenchModel bench = BenchModel.Of(preset);
            Assert.Equal(($"preset {preset.Name}", run.Context, run.Training), (bench.Name, bench.Training, bench.Recipe));
            Assert.Equal(preset.TypicalVocabulary, bench.Model.VocabularySize);
            Assert.Equal(run.Evaluation ?? (run.Model.IsCausal ? EvaluationOptions.ForTrained(run.Context).Context : run.Context), bench.Evaluation);
        }
    }

    [Theory]
    [InlineData("train", 16, 32, 32)]
    [InlineData("evaluate", 1, 32, 64)]
    [InlineData("generate", 1, 1, 64)]
    public async Task A_preset_is_measured(string mode, int batch, int target, int memory)
    {
        using JsonDocument line = JsonDocument.Parse(await FakeTerminal.OutputOf("bench", mode, "--preset", "tiny", "--seconds", "0.1", "--threads", "1", "--json"));
        JsonElement root = line.RootElement;
        Assert.Equal(("preset tiny", batch), (root.GetProperty("model").GetString(), root.GetProperty("batch").GetInt32()));
        Assert.Equal((target, memory), (root.GetProperty("target_length").GetInt32(), root.GetProperty("memory_length").GetInt32()));
        Assert.True(root.GetProperty("tokens_per_second").GetDouble() > 0);
    }

    [Fact]
    public async Task Moments_in_bfloat16_are_named()
    {
        using JsonDocument line = JsonDocument.Parse(await FakeTerminal.OutputOf("bench", "train", "--moments", "bf16", "--layers", "1", "--model-size", "32", "--seconds", "0.1", "--threads", "1", "--json"));
        Assert.Equal("small, layers 1, model size 32, moments in bf16", line.RootElement.GetProperty("model").GetString());
        using JsonDocument shorter = JsonDocument.Parse(await FakeTerminal.OutputOf("bench", "train", "--weights", "bf16", "--moments", "fp8", "--layers", "1", "--model-size", "32", "--seconds", "0.1", "--threads", "1", "--json"));
        Assert.Equal("small, layers 1, model size 32, weights in bf16, moments in fp8", shorter.RootElement.GetProperty("model").GetString());
        using FakeTerminal other = new();
        Assert.Equal(ExitCode.BadInput, await other.RunAsync("bench", "train", "--preset", "tiny", "--weights", "bf16"));
        Assert.Contains("the precision of weights is Bfloat16, which has no meaning for Muon", other.Error, StringComparison.Ordinal);
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.WrongUsage, await terminal.RunAsync("bench", "evaluate", "--moments", "bf16"));
        Assert.Contains("--moments is for the mode 'train'", terminal.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("train", "bert-base", 0.1, 1_037_562)]
    [InlineData("evaluate", "bert-base", 0, 1_037_562)]
    [InlineData("train", "lstm", 0.1, 15_213)]
    [InlineData("evaluate", "gru", 0, 13_101)]
    [InlineData("generate", "lstm", 0, 15_213)]
    public async Task Encoders_and_recurrent_models_are_measured(string mode, string model, double dropout, long parameters)
    {
        int target = mode == "generate" ? 1 : 16;
        using JsonDocument line = JsonDocument.Parse(await FakeTerminal.OutputOf(
            "bench", mode, "--model", model, "--layers", "1", "--model-size", "32", "--target", "16", "--batch", "2", "--seconds", "0.1", "--threads", "1", "--json"));
        JsonElement root = line.RootElement;
        Assert.Equal((mode, 2, target, 0), (root.GetProperty("mode").GetString(), root.GetProperty("batch").GetInt32(), root.GetProperty("target_length").GetInt32(), root.GetProperty("memory_length").GetInt32()));
        Assert.Equal((dropout, parameters), (root.GetProperty("dropout").GetDouble(), root.GetProperty("parameters").GetInt64()));
        Assert.True(root.GetProperty("tokens_per_second").GetDouble() > 0);
        Assert.InRange(root.GetProperty("share_of_peak").GetDouble(), 0, 1.5);
    }

    [Theory]
    [InlineData("cannot generate text", "generate", "--model", "bert-base")]
    [InlineData("this one is of kind Encoder", "evaluate", "--model", "bert-base", "--layers", "1", "--model-size", "32", "--precision", "int8")]
    [InlineData("bert-base is a model of the family encoder", "evaluation", "--model", "bert-base")]
    [InlineData("lstm carries the state of its cells", "train", "--model", "lstm", "--memory", "8")]
    public async Task What_a_model_cannot_do_is_refused(string message, params string[] arguments)
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync(["bench", .. arguments]));
        Assert.Contains(message, terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_json_a_table_is_printed()
    {
        string output = await FakeTerminal.OutputOf("bench", "generate", "--seconds", "0.1", "--threads", "1");
        Assert.All((string[])["generate small", "3.47 million parameters", "tokens/s", "GFLOP/s", "GB/s", "measured peak", "peak memory"], text => Assert.Contains(text, output, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("float32")]
    [InlineData("bf16")]
    [InlineData("int8")]
    public async Task Matrix_products_are_measured_shape_by_shape(string precision)
    {
        string output = await FakeTerminal.OutputOf("bench", "matmul", "--seconds", "0.1", "--threads", "1", "--precision", precision, "--json");
        using CpuBackend backend = new(threads: 1);
        foreach (string line in output.TrimEnd('\n').Split('\n'))
        {
            using JsonDocument shape = JsonDocument.Parse(line);
            Assert.True(shape.RootElement.GetProperty("gflops").GetDouble() > 0);
            Assert.Equal(precision, shape.RootElement.GetProperty("precision").GetString());
            Assert.Equal(precision == "int8" ? backend.Int8Unit : null, shape.RootElement.GetProperty("int8_unit").GetString());
        }

        Assert.Equal(MatrixProductBench.Shapes.Count, output.TrimEnd('\n').Split('\n').Length);
    }

    [Theory]
    [InlineData("train")]
    [InlineData("evaluate")]
    [InlineData("generate")]
    public async Task A_measurement_tells_its_precision_and_whether_tiles_multiplied(string mode)
    {
        string[] line = ["bench", mode, "--precision", "bf16", "--seconds", "0.1", "--threads", "1", "--batch", "1", "--layers", "1"];
        using JsonDocument measured = JsonDocument.Parse(await FakeTerminal.OutputOf([.. line, "--json"]));
        Assert.Equal("bf16", measured.RootElement.GetProperty("precision").GetString());
        using CpuBackend backend = new(threads: 1);
        string? unit = mode == "generate" ? null : backend.Bfloat16Unit;
        Assert.Equal(unit == "amx", measured.RootElement.GetProperty("tiles").GetBoolean());
        Assert.Equal(unit, measured.RootElement.GetProperty("bf16_unit").GetString());
        Assert.Contains(unit is null ? "bf16 rounded, multiplied as float32, " : $"bf16 by {unit}, ", await FakeTerminal.OutputOf(line), StringComparison.Ordinal);
    }

    [Fact]
    public void Sizes_are_halved_only_where_there_is_a_half()
    {
        using CpuBackend backend = new(threads: 1);
        BenchModel small = BenchModel.Small.With(1, 66, 1, 0);
        IReadOnlyList<SizeBench.Variation> variations = new SizeBench(small, backend, TimeProvider.System).Variations;
        Assert.All(variations, variation => TrainingWorkload.Create(variation.Model, variation.Streams, Precision.Float32, backend).Step());
        Assert.Equal(variations.Count, variations.Select(variation => (variation.Size, variation.Value)).Distinct().Count());
    }

    [Fact]
    public void Shares_of_another_precision_go_under_another_name()
    {
        MatrixProductBench.Result result = new(1, 2, 3, "float32", null, 1, 2);
        Assert.Equal("matmul 1 x 2 x 3", result.Share.Name);
        Assert.Equal("matmul 1 x 2 x 3, bf16", (result with { Precision = "bf16" }).Share.Name);
    }

    [Theory]
    [InlineData("evaluation", "bf16")]
    [InlineData("sizes", "bf16")]
    [InlineData("train", "int8")]
    [InlineData("all", "int8")]
    public async Task A_precision_is_refused_where_nothing_is_measured_in_it(string mode, string precision)
    {
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.WrongUsage, await terminal.RunAsync("bench", mode, "--precision", precision));
        Assert.Contains($"not for '{mode}'", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_papers_table_stands_beside_what_a_window_and_reuse_take()
    {
        BenchModel tiny = BenchModel.Small.With(1, 16, null, null);
        using CpuBackend backend = new(threads: 1);
        SlowDownBench.Result measured = new SlowDownBench(tiny, backend, null, TimeProvider.System).Measure(800, 363, TimeSpan.Zero, CancellationToken.None);
        Assert.Equal((800, 2, 128, 512), (measured.AttentionLength, measured.Windows, measured.SegmentLength, measured.TokensAtOnce));
        Assert.True(measured is { WindowSeconds: > 0, ReuseSeconds: > 0, SlowDown: > 0 });
        using FakeTerminal terminal = new(width: 120);
        terminal.Terminal.OutConsole.Write(BenchTable.Render([measured]));
        Assert.All((string[])["800", "363 x", "windows at once", "table 9"], text => Assert.Contains(text, terminal.Out, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Saved_shares_are_checked_and_a_fall_is_named()
    {
        using TemporaryFolder folder = new();
        string path = folder["speed.json"];
        string[] line = ["bench", "generate", "--seconds", "0.1", "--threads", "1", "--json"];
        await FakeTerminal.OutputOf([.. line, "--save", path]);
        SavedBench saved = SavedBench.Read(path);
        PeakShare share = Assert.Single(saved.Measurements);
        Assert.Equal(("generate small, batch 1", PeakShare.Memory), (share.Name, share.Peak));

        (saved with { Measurements = [share with { Share = share.Share / 1000 }] }).Write(path);
        await FakeTerminal.OutputOf([.. line, "--check", path]);

        (saved with { Measurements = [share with { Share = 1000 }] }).Write(path);
        using FakeTerminal slower = new();
        Assert.Equal(ExitCode.BadInput, await slower.RunAsync([.. line, "--check", path]));
        Assert.Contains("generate small, batch 1: ", slower.Error, StringComparison.Ordinal);
        Assert.Contains("% of the memory bandwidth, saved were 100000.0 %", slower.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Measurements_of_another_machine_are_refused_before_anything_is_measured()
    {
        using TemporaryFolder folder = new();
        string path = folder["speed.json"];
        using CpuBackend backend = new(threads: 1);
        MachineDescription machine = MachineDescription.Of(backend);
        SavedBench.Of(machine with { Processor = "abacus" }, [new PeakShare("train small, batch 16", PeakShare.Arithmetic, 0.5)]).Write(path);
        using FakeTerminal terminal = new();
        Assert.Equal(ExitCode.BadInput, await terminal.RunAsync("bench", "train", "--threads", "1", "--check", path));
        Assert.Contains($"was measured on abacus with {machine.InstructionSet} and 1 thread, but this is {machine.Processor} with", terminal.Error, StringComparison.Ordinal);
        Assert.Empty(terminal.Out);
    }

    [Theory]
    [InlineData(0.86, 0)]
    [InlineData(0.84, 1)]
    [InlineData(double.NaN, 1)]
    public void A_share_may_fall_by_fifteen_percent(double now, int falls)
    {
        SavedBench saved = Saved(new PeakShare("matmul 1 x 2 x 3", PeakShare.Arithmetic, 1));
        Assert.Equal(falls, saved.Falls([new PeakShare("matmul 1 x 2 x 3", PeakShare.Arithmetic, now)], "speed.json").Count);
    }

    [Fact]
    public void A_file_with_none_of_the_measurements_is_refused()
    {
        SavedBench saved = Saved(new PeakShare("matmul 1 x 2 x 3", PeakShare.Arithmetic, 1));
        InputException refused = Assert.Throws<InputException>(() => saved.Falls([new PeakShare("train small, batch 16", PeakShare.Arithmetic, 1)], "speed.json"));
        Assert.Contains("speed.json has none of the measurements (train small, batch 16); it has matmul 1 x 2 x 3", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("{\"version\":1,\"processor\":\"p\",\"instruction_set\":\"Avx2\",\"threads\":1,\"measurements\":[{\"name\":\"a\"}]}")]
    [InlineData("{\"version\":1,\"processor\":\"p\",\"instruction_set\":\"Avx2\",\"threads\":1,\"measurements\":[null]}")]
    [InlineData("{\"version\":2,\"processor\":\"p\",\"instruction_set\":\"Avx2\",\"threads\":1,\"measurements\":[]}")]
    public void A_damaged_file_is_refused_by_name(string content)
    {
        using TemporaryFolder folder = new();
        string path = folder["speed.json"];
        File.WriteAllText(path, content);
        Assert.Contains(path, Assert.Throws<InputException>(() => SavedBench.Read(path)).Message, StringComparison.Ordinal);
    }

    private static (int Layers, int ModelSize, int Heads, int HeadSize, int InnerSize) Sizes(BenchModel bench)
    {
        AttentionConfiguration model = (AttentionConfiguration)bench.Model;
        return (model.Layers, model.ModelSize, model.Heads, model.HeadSize, model.InnerSize);
    }

    private static SavedBench Saved(PeakShare share)
    {
        using CpuBackend backend = new(threads: 1);
        return SavedBench.Of(MachineDescription.Of(backend), [share]);
    }
}

using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Training.Dynamic;
using Xunit;

namespace TransformerXL.Tests.Training.Dynamic;

/// <summary>Files that dynamic evaluation keeps are used for the weights that they belong to, and a damaged one is never believed.</summary>
public sealed class DynamicFilesTests : IDisposable
{
    private static readonly ContextConfiguration s_context = new() { TargetLength = 8, MemoryLength = 4 };

    private readonly TemporaryFolder _folder = new();
    private readonly CpuBackend _backend = new(threads: 1);
    private readonly LanguageModel _model = DynamicSample.Create();

    private static TunedRule Tuned => new() { Options = DynamicSample.Options(DynamicRule.Rms), TargetLength = 8, BatchSize = 1, Tokens = 100, Loss = 1.5, StaticLoss = 2 };

    public void Dispose()
    {
        _backend.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Statistics_come_back_bit_for_bit_and_only_for_their_weights_and_lengths()
    {
        (DynamicFiles files, GradientStatistics written) = Save();
        GradientStatistics read = files.LoadStatistics(s_context, 64)!;
        Assert.Equal((written.Segments, written.Mean), (read.Segments, read.Mean));
        for (int i = 0; i < _model.Parameters.Count; i++)
        {
            Assert.Equal(written[i].Span.ToArray(), read[i].Span.ToArray());
        }

        Assert.Null(files.LoadStatistics(s_context, 65));
        foreach (ContextConfiguration context in (ContextConfiguration[])[s_context with { TargetLength = 9 }, s_context with { MemoryLength = 5 }, s_context with { ClampLength = 3 }, s_context with { SameLength = true }])
        {
            Assert.Null(files.LoadStatistics(context, 64));
        }

        LanguageModel other = DynamicSample.Create();
        other.Parameters[0].Value.Span[0] += 1;
        Assert.Null(new DynamicFiles(_folder.Path, other).LoadStatistics(s_context, 64));
        Assert.Null(new DynamicFiles(_folder["elsewhere"], _model).LoadStatistics(s_context, 64));
    }

    [Fact]
    public void A_cut_or_changed_file_of_statistics_is_refused()
    {
        (DynamicFiles files, _) = Save();
        byte[] whole = File.ReadAllBytes(files.StatisticsPath);
        foreach (int length in (int[])[0, 1, 7, 8, 100, whole.Length / 2, whole.Length - 1])
        {
            File.WriteAllBytes(files.StatisticsPath, whole[..length]);
            Assert.Throws<InputException>(() => files.LoadStatistics(s_context, 64));
        }

        Random random = new(5);
        for (int i = 0; i < 200; i++)
        {
            byte[] changed = [.. whole];
            changed[random.Next(whole.Length)] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(files.StatisticsPath, changed);
            // A change of what the file belongs to makes it another model's.
            if (Record.Exception(() => Assert.Null(files.LoadStatistics(s_context, 64))) is { } exception)
            {
                Assert.IsType<InputException>(exception);
            }
        }
    }

    [Fact]
    public void Values_are_kept_rule_by_rule_for_their_weights()
    {
        DynamicFiles files = new(_folder.Path, _model);
        Assert.Null(files.FindTuned(DynamicRule.Rms));
        files.SaveTuned(Tuned);
        files.SaveTuned(Tuned with { Options = DynamicSample.Options(DynamicRule.Sgd) });
        files.SaveTuned(Tuned with { Loss = 1.25 });
        Assert.Equal(Tuned with { Loss = 1.25 }, files.FindTuned(DynamicRule.Rms));
        Assert.Equal(DynamicSample.Options(DynamicRule.Sgd), files.FindTuned(DynamicRule.Sgd)!.Options);
        Assert.Null(files.FindTuned(DynamicRule.Adam));
        LanguageModel other = DynamicSample.Create();
        other.Parameters[0].Value.Span[0] += 1;
        DynamicFiles others = new(_folder.Path, other);
        Assert.Null(others.FindTuned(DynamicRule.Rms));
        others.SaveTuned(Tuned);
        Assert.Null(files.FindTuned(DynamicRule.Sgd));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("{\"weights\":null}")]
    [InlineData("{\"weights\":\"x\",\"rules\":[null]}")]
    [InlineData("{\"weights\":\"x\",\"rules\":null}")]
    [InlineData("{\"weights\":\"x\",\"colour\":1}")]
    [InlineData("{\"weights\":\"x\",\"rules\":[{\"options\":{\"rule\":\"Rms\",\"learningRate\":-1,\"decay\":0,\"epsilon\":1},\"targetLength\":8,\"batchSize\":1,\"tokens\":9,\"loss\":1,\"staticLoss\":2}]}")]
    [InlineData("{\"weights\":\"x\",\"rules\":[{\"options\":{\"rule\":\"Newton\",\"learningRate\":1,\"decay\":0},\"targetLength\":8,\"batchSize\":1,\"tokens\":9,\"loss\":1,\"staticLoss\":2}]}")]
    public void A_damaged_file_of_values_is_refused_by_name_and_gives_way_to_a_new_one(string content)
    {
        DynamicFiles files = new(_folder.Path, _model);
        File.WriteAllText(files.SettingsPath, content);
        Assert.Contains(files.SettingsPath, Assert.Throws<InputException>(() => files.FindTuned(DynamicRule.Rms)).Message, StringComparison.Ordinal);
        files.SaveTuned(Tuned);
        Assert.Equal(Tuned, files.FindTuned(DynamicRule.Rms));
    }

    private (DynamicFiles Files, GradientStatistics Statistics) Save()
    {
        DynamicFiles files = new(_folder.Path, _model);
        GradientStatistics statistics = GradientStatistics.Gather(_model, _backend, DynamicSample.Random(), DynamicSample.Context, 64);
        files.SaveStatistics(statistics, s_context, 64);
        return (files, statistics);
    }
}

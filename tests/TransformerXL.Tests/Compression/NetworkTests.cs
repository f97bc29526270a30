using TransformerXL.Compression;
using TransformerXL.Compression.Coding;
using TransformerXL.Compression.Container;
using TransformerXL.Compression.Networks;
using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Text;
using Xunit;

namespace TransformerXL.Tests.Compression;

public sealed class NetworkTests : IDisposable
{
    private static readonly byte[] Plain = Sample.Text(5000);
    private static readonly Lazy<byte[]> Coded = new(() => Encode(new CompressionOptions().Passes, null, 2));
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<Isa> Isas => [.. Enum.GetValues<Isa>().Where(CpuBackend.IsSupported)];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Isas))]
    public async Task A_network_of_any_instruction_set_and_number_of_threads_is_repeated_by_the_decoder(Isa isa)
    {
        ModelFolder model = Trained("model", seed: 1);
        byte[] file = await CompressAsync(new CompressionOptions { Model = model, InstructionSet = isa, Threads = 1 });
        Assert.Equal(await CompressAsync(new CompressionOptions { Model = model, Threads = 2 }), file);
        Assert.Equal(Plain, await Sample.DecompressAsync(file, new DecompressionOptions { Model = model, InstructionSet = isa, Threads = 2 }));
        Assert.Equal(Coded.Value, Encode(new CompressionOptions().Passes, isa, 1));
        Assert.Equal(Plain, Decode(Coded.Value, new CompressionOptions().Passes, isa, 2));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(6)]
    public async Task The_decoder_repeats_as_many_passes_as_the_encoder_made(int passes)
    {
        // The number is a part of the header.
        ModelFolder model = Trained("model", seed: 1);
        byte[] file = await CompressAsync(new CompressionOptions { Model = model, Passes = passes });
        Assert.NotEqual(await CompressAsync(new CompressionOptions { Model = model }), file);
        Assert.Equal(Plain, await Sample.DecompressAsync(file, new DecompressionOptions { Model = model }));
        byte[] coded = Encode(passes, null, 1);
        Assert.NotEqual(Coded.Value, coded);
        Assert.Equal(Plain, Decode(coded, passes, null, 1));
        Assert.Equal(passes, PredictorSettings.For(new CompressionOptions { Profile = CompressionProfile.Best, Passes = passes }, null).Network!.Replays);
    }

    [Theory]
    [InlineData((1 << 16) - 1, false)]
    [InlineData(1 << 16, true)]
    [InlineData(null, true)]
    public void Short_files_have_no_network_unless_a_trained_one(int? length, bool hasNetwork)
    {
        Assert.Equal(hasNetwork, PredictorSettings.For(new CompressionOptions { Profile = CompressionProfile.Best }, length).Network is not null);
        Assert.NotNull(PredictorSettings.For(new CompressionOptions { Model = Trained("trained", 1) }, length).Network);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(65)]
    public void Passes_outside_their_range_are_refused(int passes) =>
        Assert.Contains($"passes is {passes}", Assert.Throws<InputException>(new CompressionOptions { Passes = passes }.Validate).Message, StringComparison.Ordinal);

    [Fact]
    public async Task An_arithmetic_that_this_processor_lacks_is_named()
    {
        byte[] file = await CompressAsync(new CompressionOptions { Profile = CompressionProfile.Best });
        int place = file.AsSpan().IndexOf("float32-"u8);
        file[place] = (byte)'g';
        int end = 4 + 1 + 1 + 1 + 4 + 8 + 1 + file[19] + 1 + 2 + 1 + 1 + 1 + 1 + 1 + 2 + 2 + 3 + 1;
        BitConverter.TryWriteBytes(file.AsSpan(end), System.IO.Hashing.Crc32.HashToUInt32(file.AsSpan(0, end)));
        InputException exception = await Assert.ThrowsAsync<InputException>(() => Sample.DecompressAsync(file));
        Assert.Contains("arithmetic 'gloat32-", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_of_a_trained_model_needs_that_model()
    {
        ModelFolder model = Trained("model", seed: 1), other = Trained("other", seed: 2);
        float[] before = model.Model.Parameters[0].Value.Span.ToArray();
        byte[] file = await CompressAsync(new CompressionOptions { Model = model });
        Assert.Equal(before, model.Model.Parameters[0].Value.Span.ToArray());
        InputException missing = await Assert.ThrowsAsync<InputException>(() => Sample.DecompressAsync(file));
        Assert.Contains("compressed with a trained model", missing.Message, StringComparison.Ordinal);
        InputException wrong = await Assert.ThrowsAsync<InputException>(() => Sample.DecompressAsync(file, new DecompressionOptions { Model = other }));
        Assert.Contains(TrainedModel.Fingerprint(other), wrong.Message, StringComparison.Ordinal);
        Assert.Equal(Plain, await Sample.DecompressAsync(file, new DecompressionOptions { Model = model }));
    }

    [Fact]
    public void A_model_of_characters_is_refused()
    {
        CharacterVocabulary vocabulary = new("abc".EnumerateRunes());
        ModelFolderConfiguration configuration = Configuration(vocabulary.Count);
        ModelFolder.Save(_folder["characters"], LanguageModel.Create(configuration.Model, 1), vocabulary, configuration);
        CompressionOptions options = new() { Model = ModelFolder.Load(_folder["characters"]) };
        Assert.Contains("needs a model of bytes", Assert.Throws<InputException>(options.Validate).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_that_no_file_can_name_is_refused()
    {
        ByteVocabulary vocabulary = new();
        ModelFolderConfiguration configuration = Configuration(vocabulary.Count);
        configuration = configuration with { Model = (TransformerXLConfiguration)configuration.Model with { Layers = 65 } };
        ModelFolder.Save(_folder["deep"], LanguageModel.Create(configuration.Model, 1), vocabulary, configuration);
        CompressionOptions options = new() { Model = ModelFolder.Load(_folder["deep"]) };
        Assert.Contains("layers of the network is 65, but must be from 1 to 64", Assert.Throws<InputException>(options.Validate).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Frequencies_follow_the_softmax_and_have_a_floor()
    {
        float[] logits = [.. Enumerable.Range(0, 256).Select(i => i * 0.17f - 20)];
        int[] frequencies = new int[256];
        Softmax.Frequencies(logits, new float[256], frequencies);
        double sum = logits.Sum(logit => Math.Exp(logit));
        Assert.All(Enumerable.Range(0, 256), i => Assert.InRange(frequencies[i], (Math.Exp(logits[i]) / sum * (1 << 24) * 0.9999) - 1, (Math.Exp(logits[i]) / sum * (1 << 24) * 1.0001) + 2));
        logits[3] = float.NaN;
        Softmax.Frequencies(logits, new float[256], frequencies);
        Assert.All(frequencies, frequency => Assert.True(frequency >= 1));
    }

    private static byte[] Encode(int passes, Isa? isa, int threads)
    {
        using BlockCoder coder = new(SettingsOf(passes), null, isa, threads);
        return coder.Encode([.. Plain], Plain.Length, _ => { }, CancellationToken.None).ToArray();
    }

    private static byte[] Decode(byte[] coded, int passes, Isa? isa, int threads)
    {
        using BlockCoder coder = new(SettingsOf(passes), null, isa, threads);
        byte[] plain = new byte[Plain.Length];
        coder.Decode(coded, plain, plain.Length, _ => { }, CancellationToken.None);
        return plain;
    }

    /// <summary>The network of the best profile beside few contexts: the many contexts would read their primer for each coder.</summary>
    private static PredictorSettings SettingsOf(int passes) =>
        PredictorSettings.For(new CompressionOptions { Profile = CompressionProfile.Fast }, Plain.Length) with { Network = NetworkSettings.Lstm with { Replays = passes } };

    private static async Task<byte[]> CompressAsync(CompressionOptions options)
    {
        using MemoryStream input = new(Plain), output = new();
        await Compressor.CompressAsync(input, output, options with { MinNetworkBytes = 0 });
        return output.ToArray();
    }

    private static ModelFolderConfiguration Configuration(int tokens) => new()
    {
        Model = new TransformerXLConfiguration { VocabularySize = tokens, Layers = 1, ModelSize = 16, Heads = 2 },
        Context = new ContextConfiguration { TargetLength = 16, MemoryLength = 16 },
    };

    private ModelFolder Trained(string name, ulong seed)
    {
        ModelFolderConfiguration configuration = Configuration(256);
        ModelFolder.Save(_folder[name], LanguageModel.Create(configuration.Model, seed), new ByteVocabulary(), configuration);
        return ModelFolder.Load(_folder[name]);
    }
}

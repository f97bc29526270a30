using System.Buffers.Binary;
using System.Collections;
using TransformerXL.Files;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Optimizers;
using TransformerXL.Testing;
using TransformerXL.Tests.Inference;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using Xunit;

namespace TransformerXL.Tests.Training;

public sealed class CheckpointTests
{
    [Fact]
    public async Task A_kill_between_the_renames_leaves_the_old_checkpoint()
    {
        using Corpus corpus = TinyRun.Corpus();
        using CpuBackend backend = new();
        using TemporaryFolder folder = new();
        Trainer trainer = Trainer.Create(TinyRun.Configuration(corpus), corpus, backend, folder["run"]);
        await trainer.RunAsync();
        string last = trainer.Run!.LastCheckpoint;
        Directory.Move(last, last + ".previous");
        Directory.CreateDirectory(last + ".new");
        File.WriteAllText(Path.Combine(last + ".new", "model.safetensors"), "half");
        Assert.Equal(20, Trainer.Resume(folder["run"], corpus, backend).State.Step);
    }

    [Fact]
    public void A_checkpoint_that_cannot_be_written_leaves_nothing_beside_it()
    {
        using TemporaryFolder folder = new();
        TrainingState state = new() { Step = 0, Epoch = 1, NextSegment = 0, TokensSeen = 0, Seconds = 0, TrainingText = "" };
        string best = folder["checkpoints/best"];
        InputException refused = Assert.Throws<InputException>(() => Checkpoint.SaveWeights(best, SmallModels.Plain, state, new FullDisk()));
        Assert.Equal($"'{best}' cannot be written: No space left on device", refused.Message);
        Assert.Empty(Directory.GetFileSystemEntries(folder["checkpoints"]));
    }

    /// <summary>Parameters that a full disk does not take.</summary>
    private sealed class FullDisk : IReadOnlyList<Parameter>
    {
        public int Count => 1;

        public Parameter this[int index] => throw new IOException("No space left on device");

        public IEnumerator<Parameter> GetEnumerator() => throw new IOException("No space left on device");

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    [Fact]
    public async Task Moments_in_bfloat16_are_stored_in_half_the_bytes_and_checked()
    {
        using Corpus corpus = TinyRun.Corpus();
        using CpuBackend backend = new();
        using TemporaryFolder folder = new();
        RunConfiguration configuration = TinyRun.Configuration(corpus, 8);
        configuration = configuration with { Training = configuration.Training with { Optimizer = configuration.Training.Optimizer with { Moments = MomentPrecision.Bfloat16 } } };
        Trainer trainer = Trainer.Create(configuration, corpus, backend, folder["run"]);
        await trainer.RunAsync();
        string path = Path.Combine(trainer.Run!.LastCheckpoint, "state.safetensors");
        SafetensorsEntry moments;
        using (SafetensorsFile file = SafetensorsFile.Open(path))
        {
            moments = file.Entries.Last(entry => entry.Name.StartsWith("adam.moments.", StringComparison.Ordinal));
            Assert.Equal((SafetensorsType.BF16, 2L), (moments.Type, moments.Shape[^1]));
            Assert.Equal(trainer.Model.Parameters.Values * 2, file.Entries.Where(entry => entry.Name.StartsWith("adam.", StringComparison.Ordinal)).Sum(entry => entry.Count));
            Rewrite(file, path, values => values[^1] = float.PositiveInfinity);
        }

        Assert.Contains("holds values that are not finite numbers", Assert.Throws<InputException>(() => Trainer.Resume(folder["run"], corpus, backend)).Message, StringComparison.Ordinal);

        void Rewrite(SafetensorsFile file, string to, Action<float[]> change) => SafetensorsWriter.Write(to, [.. file.Entries.Select(entry =>
        {
            float[] values = new float[entry.Count];
            file.ReadFloats(entry.Name, values);
            if (entry.Name == moments.Name)
            {
                change(values);
            }

            byte[] bytes = new byte[entry.ByteLength];
            for (int i = 0; i < values.Length; i++)
            {
                uint bits = BitConverter.SingleToUInt32Bits(values[i]);
                if (entry.Type == SafetensorsType.BF16)
                {
                    BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2 * i), (ushort)(bits >> 16));
                }
                else
                {
                    BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4 * i), bits);
                }
            }

            return new SafetensorsItem(entry.Name, entry.Type, entry.Shape, stream => stream.Write(bytes));
        })], null);
    }

    [Fact]
    public async Task Moments_of_8_bits_are_stored_in_two_bytes_and_checked()
    {
        using Corpus corpus = TinyRun.Corpus();
        using CpuBackend backend = new();
        using TemporaryFolder folder = new();
        RunConfiguration configuration = TinyRun.Configuration(corpus, 8);
        configuration = configuration with { Training = configuration.Training with { Optimizer = configuration.Training.Optimizer with { Moments = MomentPrecision.Float8 } } };
        Trainer trainer = Trainer.Create(configuration, corpus, backend, folder["run"]);
        await trainer.RunAsync();
        string path = Path.Combine(trainer.Run!.LastCheckpoint, "state.safetensors");
        byte[] bytes = File.ReadAllBytes(path);
        using (SafetensorsFile file = SafetensorsFile.Open(path))
        {
            SafetensorsEntry[] moments = [.. file.Entries.Where(entry => entry.Name.StartsWith("adam.", StringComparison.Ordinal))];
            Assert.All(moments, entry => Assert.Equal((SafetensorsType.U8, 2L), (entry.Type, entry.Shape[^1])));
            Assert.Equal(trainer.Model.Parameters.Values * 2, moments.Sum(entry => entry.Count));
        }

        bytes[^1000] ^= 1;
        File.WriteAllBytes(path, bytes);
        Assert.Contains("is damaged: the bytes of tensor 'adam.moments8.", Assert.Throws<InputException>(() => Trainer.Resume(folder["run"], corpus, backend)).Message, StringComparison.Ordinal);
    }

    /// <summary>The file has the values as float32, so that any other program reads it, and a training goes on from them.</summary>
    [Theory]
    [InlineData(Precision.Float32)]
    [InlineData(Precision.Bfloat16)]
    public async Task Weights_in_bfloat16_are_stored_as_they_are(Precision precision)
    {
        using Corpus corpus = TinyRun.Corpus();
        using CpuBackend backend = new();
        using TemporaryFolder folder = new();
        RunConfiguration configuration = TinyRun.Configuration(corpus, 8);
        configuration = configuration with { Training = configuration.Training with { Precision = precision, Weights = WeightPrecision.Bfloat16, ValidateEvery = 0 } };
        Trainer trainer = Trainer.Create(configuration, corpus, backend, folder["run"]);
        await trainer.RunAsync();
        LanguageModel stored = LanguageModel.Create(configuration.Model);
        Checkpoint.LoadWeights(trainer.Run!.LastCheckpoint, stored);
        foreach ((Parameter kept, Parameter read) in trainer.Model.Parameters.Zip(stored.Parameters))
        {
            Assert.Equal(kept.Role.Kind is ParameterKind.Matrix or ParameterKind.Embedding or ParameterKind.Output, kept.IsBfloat16);
            Assert.Equal(kept.Value.Span.ToArray(), read.Value.Span.ToArray());
            Assert.True(!kept.IsBfloat16 || read.Value.Span.ToArray().All(value => (BitConverter.SingleToUInt32Bits(value) & 0xFFFF) == 0), kept.Name);
        }

        Assert.Equal(ModelWeights.Fingerprint(stored), ModelWeights.Fingerprint(trainer.Model));
    }

    [Fact]
    public async Task Every_damaged_file_gives_an_error_that_names_it()
    {
        using Corpus corpus = TinyRun.Corpus();
        using CpuBackend backend = new();
        using TemporaryFolder folder = new();
        string run = folder["run"];
        Trainer trainer = Trainer.Create(TinyRun.Configuration(corpus, 8), corpus, backend, run);
        await trainer.RunAsync();
        Random random = new(1);
        foreach (string file in Directory.GetFiles(run, "*.*", SearchOption.AllDirectories).Where(IsRead))
        {
            byte[] whole = File.ReadAllBytes(file);
            foreach (byte[] damaged in Damage(whole, random))
            {
                File.WriteAllBytes(file, damaged);
                Exception? error = Record.Exception(() => Trainer.Resume(run, corpus, backend));
                Assert.True(error is null or InputException, $"{file}: {error}");
            }

            File.WriteAllBytes(file, whole[..(whole.Length / 2)]);
            // The vocabulary and the best weights are read by those who use the model, not by the training.
            bool used = file.Contains("vocabulary", StringComparison.Ordinal) || file.Contains("best", StringComparison.Ordinal);
            Exception? cut = Record.Exception(() => used ? ModelFolder.Load(run) : (object)Trainer.Resume(run, corpus, backend));
            Assert.Contains(Path.GetFileName(file), Assert.IsType<InputException>(cut).Message, StringComparison.Ordinal);
            File.WriteAllBytes(file, whole);
        }
    }

    [Fact]
    public async Task Memories_of_unequal_length_are_refused_by_name()
    {
        using Corpus corpus = TinyRun.Corpus();
        using CpuBackend backend = new();
        using TemporaryFolder folder = new();
        Trainer trainer = Trainer.Create(TinyRun.Configuration(corpus, 8), corpus, backend, folder["run"]);
        await trainer.RunAsync();
        string path = Path.Combine(trainer.Run!.LastCheckpoint, "state.safetensors");
        Dictionary<string, (float[] Values, long[] Shape)> tensors = Interchange.StoredTensors.Read(path);
        string name = tensors.Keys.Last(key => key.StartsWith("memory.", StringComparison.Ordinal));
        (float[] values, long[] shape) = tensors[name];
        Assert.True(shape[0] > 1);
        tensors[name] = (values[..(int)(shape[1] * shape[2])], [1, shape[1], shape[2]]);
        Interchange.StoredTensors.Write(path, tensors);
        string message = Assert.Throws<InputException>(() => Trainer.Resume(folder["run"], corpus, backend)).Message;
        Assert.Contains($"'{name}' remembers 1 token, where {shape[0]} are expected", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Weights_come_back_as_they_were_saved()
    {
        using Corpus corpus = TinyRun.Corpus();
        using CpuBackend backend = new();
        using TemporaryFolder folder = new();
        Trainer trainer = Trainer.Create(TinyRun.Configuration(corpus, 6), corpus, backend, folder["run"]);
        await trainer.RunAsync();
        ModelFolder loaded = ModelFolder.Load(folder["run"], "last");
        Assert.Equal(TinyRun.Weights(trainer.Model), TinyRun.Weights(loaded.Model));
        Assert.Equal(6, loaded.Step);
        Assert.Equal(corpus.Vocabulary.Fingerprint, loaded.Vocabulary.Fingerprint);
    }

    [Fact]
    public void Weights_of_another_shape_name_tensor_and_both_shapes()
    {
        using TemporaryFolder folder = new();
        TransformerXLConfiguration configuration = new() { VocabularySize = 7, Layers = 1, ModelSize = 8, Heads = 2 };
        ModelWeights.Save(folder["m.safetensors"], new TransformerXLModel(configuration));
        InputException error = Assert.Throws<InputException>(() => ModelWeights.Load(folder["m.safetensors"], new TransformerXLModel(configuration with { VocabularySize = 9 })));
        Assert.Contains("word_emb.emb_layers.0.weight", error.Message, StringComparison.Ordinal);
        Assert.Contains("(7, 8)", error.Message, StringComparison.Ordinal);
        Assert.Contains("(9, 8)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_that_are_no_numbers_name_file_and_tensor()
    {
        using TemporaryFolder folder = new();
        TransformerXLModel model = new(new TransformerXLConfiguration { VocabularySize = 7, Layers = 1, ModelSize = 8, Heads = 2 });
        model.Layers[0].FeedForward.Weight2.Value.Span[3] = float.NaN;
        ModelWeights.Save(folder["m.safetensors"], model);
        InputException error = Assert.Throws<InputException>(() => ModelWeights.Load(folder["m.safetensors"], model));
        Assert.Contains("m.safetensors", error.Message, StringComparison.Ordinal);
        Assert.Contains("layers.0.pos_ff.CoreNet.3.weight", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Whether a program reads the file again; records of the run are only written.</summary>
    private static bool IsRead(string file) =>
        !file.EndsWith(".jsonl", StringComparison.Ordinal) && !file.EndsWith(".lock", StringComparison.Ordinal) && !file.Contains("tfevents", StringComparison.Ordinal);

    /// <summary>Files with some bytes changed, removed or doubled.</summary>
    private static IEnumerable<byte[]> Damage(byte[] whole, Random random)
    {
        for (int i = 0; i < 25; i++)
        {
            byte[] damaged = [.. whole];
            int at = random.Next(Math.Min(damaged.Length, i % 2 == 0 ? 600 : damaged.Length));
            damaged[at] = (byte)random.Next(256);
            int from = random.Next(damaged.Length);
            yield return i % 3 == 0 ? [.. damaged.Take(from), .. damaged.Skip(from + random.Next(8))] : damaged;
        }
    }
}

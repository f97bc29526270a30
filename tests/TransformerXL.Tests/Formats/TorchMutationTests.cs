using System.Globalization;
using System.Text;
using TransformerXL.Files;
using TransformerXL.Interchange.HuggingFace;
using TransformerXL.Interchange.PyTorch;
using Xunit;
using Xunit.Abstractions;

namespace TransformerXL.Tests.Formats;

/// <summary>The number of files is 6,000, or what the variable TXL_MUTATIONS says.</summary>
public sealed class TorchMutationTests(ITestOutputHelper output)
{
    private const int Usual = 6_000;

    // An exception with its trace takes about 20 kB; seen were at most 5 bytes for each byte of a file beyond that.
    private const long AllocatedPerByte = 32;
    private const long AllocatedAtLeast = 128 * 1024;

    private static readonly byte[][] Pieces =
    [
        [0xff, 0xff, 0xff, 0x7f], [0xff, 0xff, 0xff, 0xff], [0, 0, 0, 0x80], "h\0"u8.ToArray(), "j\0\0\0\0"u8.ToArray(), [0x85], [0x87], "R"u8.ToArray(), ")R"u8.ToArray(),
        "cos\nsystem\n"u8.ToArray(), "2222"u8.ToArray(), "(((("u8.ToArray(), "t"u8.ToArray(), "]"u8.ToArray(), "}"u8.ToArray(), "Q"u8.ToArray(), "b"u8.ToArray(), [0x94], [0x81],
        [0x8a, 8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], "I99999999999999999999\n"u8.ToArray(), "PK\u0001\u0002"u8.ToArray(), "e"u8.ToArray(), "u"u8.ToArray(), "."u8.ToArray(),
    ];

    [Fact]
    public void Mutated_files_are_read_or_refused_without_large_allocations()
    {
        int count = int.TryParse(Environment.GetEnvironmentVariable("TXL_MUTATIONS"), NumberStyles.None, CultureInfo.InvariantCulture, out int given) ? given : Usual;
        (byte[] File, Action<byte[]> Read)[] seeds = [.. Seeds()];
        Array.ForEach(seeds, seed => seed.Read(seed.File));
        var random = new Random(19010286);
        int accepted = 0;
        double most = 0;
        for (int i = 0; i < count; i++)
        {
            (byte[] seed, Action<byte[]> read) = seeds[i % seeds.Length];
            byte[] file = Mutate(random, seed);
            long before = GC.GetAllocatedBytesForCurrentThread();
            accepted += TryRead(read, file) ? 1 : 0;
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            most = Math.Max(most, (allocated - AllocatedAtLeast) / (double)file.Length);
            Assert.True(allocated <= (AllocatedPerByte * file.Length) + AllocatedAtLeast, $"file {i} of {file.Length} bytes (seed {i % seeds.Length}) allocated {allocated} bytes");
        }

        output.WriteLine($"{accepted} of {count} files accepted, at most {most:F1} bytes allocated per byte beyond {AllocatedAtLeast}");
        Assert.InRange(accepted, count / 100, count - (count / 100));
    }

    private static bool TryRead(Action<byte[]> read, byte[] file)
    {
        try
        {
            read(file);
            return true;
        }
        catch (InputException)
        {
            return false;
        }
    }

    private static IEnumerable<(byte[] File, Action<byte[]> Read)> Seeds()
    {
        string folder = FixtureFolders.InRepository("checkpoint");
        byte[][] files =
        [
            File.ReadAllBytes(Path.Combine(folder, "misc.pt")),
            File.ReadAllBytes(Path.Combine(folder, "model.pt")),
            PickleWriter.Legacy(new PickleWriter().Tensor("FloatStorage", 6, 0, [3, 2], [1, 3]), 6, new byte[24]),
        ];
        foreach (byte[] file in files)
        {
            yield return (file, bytes => ReadAll(TorchFile.Parse("fuzz", bytes, UnknownClasses.Inert)));
        }

        yield return (PickledVocabularyTests.Attributes(new PickleWriter()).Stopped(), ReadVocabulary);
        yield return (Encoding.UTF8.GetBytes("""{"model_type":"transfo-xl","vocab_size":100,"cutoffs":[10,20,90],"d_embed":64,"n_layer":2,"dropout":0.1,"eos_token_id":0,"x":{"y":[1,2]}}"""), bytes => TransfoXLConfiguration.Parse("fuzz", bytes));
    }

    private static void ReadVocabulary(byte[] bytes)
    {
        using TorchFile file = TorchFile.Parse("fuzz", bytes, UnknownClasses.Inert);
        PickledVocabulary.From(file);
    }

    /// <summary>Reads tensors of every kind; each has at most as many elements as the file has bytes.</summary>
    private static void ReadAll(TorchFile file)
    {
        using (file)
        {
            IEnumerable<TorchValue> scattered = file.Root.TryGet("tensors", out TorchValue? tensors) && tensors.Kind == TorchValueKind.Dictionary
                ? tensors.Pairs.Select(pair => pair.Value).Where(value => value.Kind == TorchValueKind.Tensor)
                : [];
            foreach (TorchTensor tensor in file.Entries.Select(entry => entry.Tensor).Concat(scattered.Select(value => value.AsTensor())).Take(24))
            {
                if (tensor.Type is SafetensorsType.F64 or SafetensorsType.F32 or SafetensorsType.F16 or SafetensorsType.BF16)
                {
                    file.ReadFloats(tensor, new float[tensor.Count]);
                }
                else
                {
                    file.ReadInt64s(tensor, new long[tensor.Count]);
                }
            }
        }
    }

    private static byte[] Mutate(Random random, byte[] seed)
    {
        List<byte> bytes = [.. seed];
        for (int edits = 1 + random.Next(3); edits > 0 && bytes.Count > 1; edits--)
        {
            // The beginning and the end say how to read the rest.
            int at = random.Next(3) switch { 0 => random.Next(bytes.Count), 1 => random.Next(Math.Min(bytes.Count, 2000)), _ => bytes.Count - 1 - random.Next(Math.Min(bytes.Count, 400)) };
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    Overwrite(bytes, at, Pieces[random.Next(Pieces.Length)]);
                    break;
                case 3:
                    bytes.InsertRange(at, Pieces[random.Next(Pieces.Length)]);
                    break;
                case 4:
                    Overwrite(bytes, at, bytes.GetRange(random.Next(bytes.Count - 1), 1));
                    break;
                default:
                    bytes.RemoveRange(at, random.Next(4) == 0 ? bytes.Count - at : Math.Min(random.Next(1, 20), bytes.Count - at));
                    break;
            }
        }

        return [.. bytes];
    }

    private static void Overwrite(List<byte> bytes, int at, IReadOnlyList<byte> piece)
    {
        for (int i = 0; i < piece.Count && at + i < bytes.Count; i++)
        {
            bytes[at + i] = piece[i];
        }
    }
}

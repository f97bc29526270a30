using System.Buffers.Binary;
using System.Text;
using TransformerXL.Files;
using Xunit;
using Xunit.Abstractions;

namespace TransformerXL.Tests.Formats;

public sealed class SafetensorsFuzzTests(ITestOutputHelper output)
{
    private const int Mutated = 25_000;
    private const int Random = 5_000;

    // Measured: an exception with its trace takes about 10 kB, a parsed header about 20 bytes for each of its bytes.
    private const long AllocatedPerByte = 64;
    private const long AllocatedAtLeast = 64 * 1024;

    private static readonly string[] Tokens =
    [
        "-1", "9223372036854775807", "18446744073709551616", "1e400", "null", "true", "{", "}", "[", "]", ",", ":", "\"",
        "\"F64\"", "\"F16\"", "\"__metadata__\"", "\\ud800", "\u0000", "\"data_offsets\"", "[[[[[[[[[[", "{\"a\":{\"a\":{\"a\":",
    ];

    [Fact]
    public void Mutated_and_random_files_are_read_or_refused_without_large_allocations()
    {
        var random = new Random(20190102);
        byte[][] seeds = [Seed(1), Seed(4), Seed(40)];
        TryRead(seeds[0]);
        TryRead([1, 2, 3]);
        int accepted = 0;
        long most = 0;
        for (int i = 0; i < Mutated + Random; i++)
        {
            byte[] file = i < Mutated ? Mutate(random, seeds[i % seeds.Length]) : Noise(random);
            long before = GC.GetAllocatedBytesForCurrentThread();
            accepted += TryRead(file) ? 1 : 0;
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            most = Math.Max(most, allocated - (AllocatedPerByte * file.Length));
            Assert.True(allocated <= (AllocatedPerByte * file.Length) + AllocatedAtLeast, $"file {i} of {file.Length} bytes allocated {allocated} bytes");
        }

        output.WriteLine($"{accepted} of {Mutated + Random} files accepted, at most {most} bytes allocated beyond {AllocatedPerByte} per byte");
        Assert.InRange(accepted, 100, Mutated);
    }

    /// <summary>Opens a file and reads every tensor; anything but success or an <see cref="InputException"/> fails the test.</summary>
    private static bool TryRead(byte[] bytes)
    {
        try
        {
            using SafetensorsFile file = SafetensorsFile.Parse("fuzz", bytes);
            foreach (SafetensorsEntry entry in file.Entries)
            {
                Assert.InRange(entry.Count, 0, bytes.Length);
                if (entry.Type is SafetensorsType.F64 or SafetensorsType.F32 or SafetensorsType.F16 or SafetensorsType.BF16)
                {
                    file.ReadFloats(entry.Name, new float[entry.Count]);
                }
                else
                {
                    file.ReadInt64s(entry.Name, new long[entry.Count]);
                }
            }

            return true;
        }
        catch (InputException)
        {
            return false;
        }
    }

    private static byte[] Seed(int tensors)
    {
        var header = new StringBuilder("""{"__metadata__":{"format":"pt"}""");
        int end = 0;
        for (int i = 0; i < tensors; i++)
        {
            var type = (SafetensorsType)(i % 10);
            int size = (i % 10) switch { 0 or 4 => 8, 1 or 5 => 4, 2 or 3 or 6 => 2, _ => 1 };
            int count = i % 4;
            header.Append(System.Globalization.CultureInfo.InvariantCulture, $$$""","t{{{i}}}":{"dtype":"{{{type}}}","shape":[{{{count}}},2],"data_offsets":[{{{end}}},{{{end += 2 * count * size}}}]}""");
        }

        return SafetensorsBytes.File(header.Append('}').ToString(), end);
    }

    private static byte[] Mutate(Random random, byte[] seed)
    {
        List<byte> bytes = [.. seed];
        for (int edits = 1 + random.Next(3); edits > 0; edits--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(7))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes.InsertRange(at, Encoding.UTF8.GetBytes(Tokens[random.Next(Tokens.Length)]));
                    break;
                case 3:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 20), bytes.Count - at));
                    break;
                case 4:
                    bytes.InsertRange(at, bytes.GetRange(random.Next(at + 1), random.Next(bytes.Count - at)));
                    break;
                case 5:
                    ReplaceDigit(random, bytes);
                    break;
                default:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
            }

            if (bytes.Count < 16)
            {
                break;
            }
        }

        byte[] file = [.. bytes];
        if (file.Length >= 16 && random.Next(3) > 0)
        {
            RepairLength(file);
        }

        return file;
    }

    private static void ReplaceDigit(Random random, List<byte> bytes)
    {
        int[] digits = [.. Enumerable.Range(0, bytes.Count).Where(i => bytes[i] is >= (byte)'0' and <= (byte)'9')];
        if (digits.Length > 0)
        {
            bytes[digits[random.Next(digits.Length)]] = (byte)('0' + random.Next(10));
        }
    }

    /// <summary>Makes the length fit the last closing brace, so that the JSON behind a changed length is reached.</summary>
    private static void RepairLength(byte[] file)
    {
        int end = Array.LastIndexOf(file, (byte)'}');
        BinaryPrimitives.WriteInt64LittleEndian(file, Math.Max(end - 7, 0));
    }

    private static byte[] Noise(Random random)
    {
        byte[] file = new byte[random.Next(200)];
        random.NextBytes(file);
        if (file.Length > 16)
        {
            BinaryPrimitives.WriteInt64LittleEndian(file, random.Next(file.Length));
            file[8] = (byte)'{';
        }

        return file;
    }
}

using System.IO.Compression;
using System.Text;
using TransformerXL.Tests.Formats;

namespace TransformerXL.Tests.Fuzzing;

/// <summary>Small files that describe far more than they hold, made by hand.</summary>
internal static class Bombs
{
    private const int Million = 1_000_000;

    public static IReadOnlyDictionary<string, (string Target, Func<byte[]> Make)> All { get; } = new Dictionary<string, (string, Func<byte[]>)>
    {
        ["names joined from long texts"] = ("pickle", JoinedNames),
        ["tuples within tuples"] = ("pickle", () => Repeated(")", "\u0085", 5 * Million)),
        ["empty lists"] = ("pickle", () => Repeated("", "]", 5 * Million)),
        ["pairs of lists"] = ("pickle", () => Repeated("}", "]Ns", 2 * Million)),
        ["objects with attributes"] = ("pickle", () => Repeated("ca\nb\nq\0", "h\0)\u0081}b", 2 * Million)),
        ["one long key again and again"] = ("pickle", LongKeys),
        ["one value remembered again and again"] = ("pickle", () => [.. Repeated("N", "\u0094", 10 * Million)[..^1], 0xff]),
        ["tensors of stride 0"] = ("torch-zip", Strides),
        ["one storage under thousands of names"] = ("torch-zip", Aliases),
        ["an extended header of gigabytes"] = ("tar", () => ExtendedHeader(1_600_000_000)),
        ["a gzipped extended header of gigabytes"] = ("tar.gz", () => Gzip(ExtendedHeader(1_600_000_000))),
        ["a version of megabytes"] = ("vocabulary.json", () => Encoding.ASCII.GetBytes($$"""{"format":"transformerxl.vocabulary","version":"{{new string('x', 20 * Million)}}"}""")),
        ["a literal of megabytes that is no JSON"] = ("vocabulary.json", () => Encoding.ASCII.GetBytes($$"""{"format":f{{new string('x', 20 * Million)}}"}""")),
        ["a configuration of millions of numbers"] = ("config.json", () => Encoding.ASCII.GetBytes("{\"model\":{\"cutoffs\":[" + string.Join(',', Enumerable.Repeat("0", 5 * Million)) + "]}}")),
    };

    private static byte[] Repeated(string before, string operation, int count)
    {
        byte[] once = [.. operation.Select(character => (byte)character)];
        byte[] all = new byte[once.Length * count];
        for (int i = 0; i < all.Length; i++)
        {
            all[i] = once[i % once.Length];
        }

        return new PickleWriter().Op(before).Op(all).Op("N").Stopped();
    }

    private static byte[] JoinedNames()
    {
        byte[] text = [.. new PickleWriter().Text(new string('m', 50_000)).Op("q\0").Text(new string('n', 50_000)).Op("q\u0001").Stopped()[..^1]];
        byte[] join = [(byte)'h', 0, (byte)'h', 1, 0x93];
        return [.. text, .. Enumerable.Repeat(join, 40_000).SelectMany(bytes => bytes), (byte)'.'];
    }

    private static byte[] LongKeys()
    {
        string key = new('k', 500_000);
        PickleWriter pickle = new PickleWriter().Text(key).Op("q\0").Text(key).Op("q\u0001").Op("}h\0Ns");
        byte[] put = [(byte)'h', 1, (byte)'N', (byte)'s'];
        return pickle.Op([.. Enumerable.Repeat(put, 100_000).SelectMany(bytes => bytes)]).Stopped();
    }

    private static byte[] Strides() => Tensors(2_000, tensor => tensor.Storage("FloatStorage", "0", 200_000).Int(0).Ints(1_000, 700).Ints(0, 0));

    private static byte[] Aliases() => Tensors(5_000, tensor => tensor.Storage("FloatStorage", "0", 200_000).Int(0).Ints(200_000).Ints(1));

    private static byte[] Tensors(int count, Action<PickleWriter> tensor)
    {
        PickleWriter pickle = new PickleWriter().Op("}");
        for (int i = 0; i < count; i++)
        {
            pickle.Text($"layers.{i}.weight").Call("torch._utils", "_rebuild_tensor_v2", call =>
            {
                tensor(call);
                call.Op(0x89).Op("}");
            }).Op("s");
        }

        return pickle.ZipBytes(new byte[800_000]);
    }

    private static byte[] ExtendedHeader(long size) => [.. TarBytes.Header("pax", size, 'x'), .. new byte[100_000]];

    private static byte[] Gzip(byte[] content)
    {
        using MemoryStream stream = new();
        using (GZipStream gzip = new(stream, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write(content);
        }

        return stream.ToArray();
    }
}

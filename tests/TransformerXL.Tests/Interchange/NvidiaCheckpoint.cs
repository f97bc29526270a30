using System.IO.Compression;
using System.Runtime.InteropServices;
using TransformerXL.Tests.Formats;

namespace TransformerXL.Tests.Interchange;

/// <summary>A checkpoint as NVIDIA's edition of the reference saves it: arguments of the model, state dictionary, vocabulary, all in one pickle.</summary>
internal static class NvidiaCheckpoint
{
    public static byte[] Write(IEnumerable<KeyValuePair<string, (float[] Values, long[] Shape)>> tensors, IReadOnlyDictionary<string, object> arguments, IReadOnlyList<string>? words)
    {
        List<(string Name, byte[] Bytes)> storages = [];
        PickleWriter pickle = new PickleWriter().Op("}").Text("model_config").Op("}");
        foreach ((string name, object value) in arguments)
        {
            pickle.Text(name);
            Value(pickle, value).Op("s");
        }

        pickle.Op("s").Text("model_state").Global("collections", "OrderedDict").Op(")R");
        foreach ((string name, (float[] values, long[] shape)) in tensors)
        {
            int[] sizes = [.. shape.Select(size => (int)size)];
            int[] strides = [.. Enumerable.Range(0, sizes.Length).Select(axis => sizes[(axis + 1)..].Aggregate(1, (product, size) => product * size))];
            pickle.Text(name).Call("torch._utils", "_rebuild_tensor_v2", call => call
                .Storage("FloatStorage", $"{storages.Count}", values.Length).Int(0).Ints(sizes).Ints(strides).Op(0x89).Op("}")).Op("s");
            storages.Add(($"archive/data/{storages.Count}", MemoryMarshal.AsBytes(values.AsSpan()).ToArray()));
        }

        pickle.Op("s");
        if (words is not null)
        {
            pickle.Text("vocab").Global("utils.vocabulary", "Vocab").Op(")").Op(0x81).Op("}").Text("special").Op("](").Text("<eos>").Op("es").Text("idx2sym").Op("](");
            words.ToList().ForEach(word => pickle.Text(word));
            pickle.Op("esbs");
        }

        return PickleWriter.ZipOf(CompressionLevel.NoCompression, [("archive/data.pkl", pickle.Stopped()), .. storages]);
    }

    private static PickleWriter Value(PickleWriter pickle, object value)
    {
        switch (value)
        {
            case bool flag:
                return pickle.Op(flag ? (byte)0x88 : (byte)0x89);
            case int number:
                return pickle.Int(number);
            default:
                pickle.Op("](");
                ((int[])value).ToList().ForEach(number => pickle.Int(number));
                return pickle.Op("e");
        }
    }
}

using System.IO.Compression;
using System.Runtime.InteropServices;
using TransformerXL.Tests.Formats;

namespace TransformerXL.Tests.Interchange;

/// <summary>A state dictionary as PyTorch saves it.</summary>
internal static class PickledTensors
{
    public static byte[] Write(IEnumerable<KeyValuePair<string, (float[] Values, long[] Shape)>> tensors)
    {
        List<(string Name, byte[] Bytes)> storages = [];
        PickleWriter pickle = new PickleWriter().Global("collections", "OrderedDict").Op(")R");
        foreach ((string name, (float[] values, long[] shape)) in tensors)
        {
            int[] sizes = [.. shape.Select(size => (int)size)];
            int[] strides = [.. Enumerable.Range(0, sizes.Length).Select(axis => sizes[(axis + 1)..].Aggregate(1, (product, size) => product * size))];
            pickle.Text(name).Call("torch._utils", "_rebuild_tensor_v2", call => call
                .Storage("FloatStorage", $"{storages.Count}", values.Length).Int(0).Ints(sizes).Ints(strides).Op(0x89).Op("}")).Op("s");
            storages.Add(($"archive/data/{storages.Count}", MemoryMarshal.AsBytes(values.AsSpan()).ToArray()));
        }

        return PickleWriter.ZipOf(CompressionLevel.NoCompression, [("archive/data.pkl", pickle.Stopped()), .. storages]);
    }
}

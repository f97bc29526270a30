using TransformerXL.Files;

namespace TransformerXL.Tests.Interchange;

/// <summary>The tensors of a file in memory, to be changed and written again.</summary>
internal static class StoredTensors
{
    public static Dictionary<string, (float[] Values, long[] Shape)> Read(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        return file.Entries.ToDictionary(entry => entry.Name, entry =>
        {
            float[] values = new float[entry.Count];
            file.ReadFloats(entry.Name, values);
            return (values, entry.Shape.ToArray());
        });
    }

    public static void Write(string path, IEnumerable<KeyValuePair<string, (float[] Values, long[] Shape)>> tensors) =>
        SafetensorsWriter.Write(path, [.. tensors.Select(pair => SafetensorsItem.FromFloats(pair.Key, pair.Value.Values, pair.Value.Shape))], null);

    /// <summary>The same with two bytes for each value, the lower half of each float32 cut off.</summary>
    public static void WriteShort(string path, IEnumerable<KeyValuePair<string, (float[] Values, long[] Shape)>> tensors) => SafetensorsWriter.Write(
        path,
        [.. tensors.Select(pair => new SafetensorsItem(pair.Key, SafetensorsType.BF16, pair.Value.Shape, stream =>
        {
            foreach (float value in pair.Value.Values)
            {
                int bits = BitConverter.SingleToInt32Bits(value);
                stream.WriteByte((byte)(bits >> 16));
                stream.WriteByte((byte)(bits >> 24));
            }
        }))],
        null);
}

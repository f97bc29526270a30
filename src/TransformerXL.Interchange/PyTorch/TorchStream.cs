using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using TransformerXL.Files;

namespace TransformerXL.Interchange.PyTorch;

/// <summary>
/// The format of PyTorch before 1.6: pickles one after the other (a magic number, a version, facts about the machine,
/// the value, the keys of the storages), then for each storage the number of elements and the elements. A plain
/// pickle begins with its value.
/// </summary>
internal sealed class TorchStream : TorchStorages
{
    private const long Version = 1001;

    private static readonly BigInteger Magic = BigInteger.Parse("1950a86a20f9469cfc6c", NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    public static TorchValue Read(ByteSource source, UnknownClasses classes)
    {
        var reader = new PickleReader(source, 0, source.Length);
        TorchValue first = new PickleMachine(reader, classes, storages: null).Run();
        return first.Kind == TorchValueKind.WholeNumber && first.AsBigInteger() == Magic ? new TorchStream().Read(source, reader, classes) : first;
    }

    protected override void Locate(TorchStorageBlock block, string key, PickleReader reader)
    {
        // Only what follows the pickle says where the storages are.
    }

    private TorchValue Read(ByteSource source, PickleReader reader, UnknownClasses classes)
    {
        TorchValue version = new PickleMachine(reader, UnknownClasses.Refused, storages: null).Run();
        if (version.Kind != TorchValueKind.WholeNumber || version.AsBigInteger() != Version)
        {
            throw reader.Fault($"it is of version {version.Describe()}; {Version} is known");
        }

        TorchValue machine = new PickleMachine(reader, UnknownClasses.Refused, storages: null).Run();
        if (!machine.TryGet("little_endian", out TorchValue? little) || little != TorchValue.True)
        {
            throw reader.Fault("its numbers are not in little-endian byte order; save it again on a machine with that order");
        }

        TorchValue root = new PickleMachine(reader, classes, this).Run();
        TorchValue keys = new PickleMachine(reader, UnknownClasses.Refused, storages: null).Run();
        if (keys.Kind != TorchValueKind.List)
        {
            throw reader.Fault($"{keys.Describe()} was found where the list of its storages is expected");
        }

        LocateAll(source, reader, keys.Items);
        return root;
    }

    private void LocateAll(ByteSource source, PickleReader reader, IReadOnlyList<TorchValue> keys)
    {
        long at = reader.Position;
        Span<byte> prefix = stackalloc byte[sizeof(long)];
        foreach (TorchValue key in keys)
        {
            if (key.Kind != TorchValueKind.Text || !Blocks.TryGetValue(key.AsText(), out TorchStorageBlock? block) || block.Offset >= 0)
            {
                throw reader.Fault($"it lists the storage {key.Describe()}, which it does not use or lists twice");
            }

            long bytes = block.Count * SafetensorsTypes.SizeOf(block.Type);
            if (sizeof(long) + bytes > source.Length - at)
            {
                throw reader.Fault($"storage {key.Describe()} of {bytes} bytes at byte {at} goes beyond the {source.Length} bytes of the file");
            }

            source.Read(at, prefix);
            if (BinaryPrimitives.ReadInt64LittleEndian(prefix) != block.Count)
            {
                throw reader.Fault($"storage {key.Describe()} has {BinaryPrimitives.ReadInt64LittleEndian(prefix)} elements, where {block.Count} are expected");
            }

            block.Offset = at + sizeof(long);
            at = block.Offset + bytes;
        }

        if (Blocks.FirstOrDefault(named => named.Value.Offset < 0) is { Key: { } missing })
        {
            throw reader.Fault($"it lacks the storage '{InputText.Show(missing)}'");
        }
    }
}

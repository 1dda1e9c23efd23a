using PureLora.Kernels;

namespace PureLora;

/// <summary>How an optimizer keeps its state.</summary>
/// <param name="In8bit">Moments of large parameters are codes of 8 bits.</param>
/// <param name="PageFolder">State lives in a file in this folder that the system may page out; in the device's memory when null.</param>
public readonly record struct StateStorage(bool In8bit = false, string? PageFolder = null);

/// <summary>
/// Where the moments of one optimizer live: the device's pool, or one mapped file of exactly their size. Sizes depend
/// on the parameters' lengths alone.
/// </summary>
sealed class MomentStore : IDisposable
{
    readonly Device device;
    readonly StateStorage storage;
    readonly Chunk? file;
    readonly List<Moment> moments = [];
    readonly Dictionary<DynamicMap, FloatBuffer> maps = [];
    long used;

    /// <summary>Room for <paramref name="each"/> moments of parameters of these lengths.</summary>
    public MomentStore(Device device, StateStorage storage, IEnumerable<long> lengths, int each)
    {
        this.device = device;
        this.storage = storage;
        PagedBytes = storage.PageFolder is null ? 0 : lengths.Sum(length => each * PagedSize(length));
        if (PagedBytes > 0)
            file = device.Page(storage.PageFolder!, PagedBytes);
    }

    /// <summary>Bytes of the file; 0 without one.</summary>
    public long PagedBytes { get; }

    /// <summary>A moment of zeros in <paramref name="map"/>'s codes, or in f32 where it is null or the length is small.</summary>
    public Moment Make(long length, DynamicMap? map)
    {
        var moment = map is not null && IsCoded(length)
            ? new Moment(new CodedMoment(map, Values(map), Zeros<byte>(length), Zeros<float>(CodedMoment.BlocksOf(length))))
            : new Moment(Zeros<float>(length));
        moments.Add(moment);
        return moment;
    }

    bool IsCoded(long length) => storage.In8bit && length >= Moment.Smallest8bit;

    long PagedSize(long length) => IsCoded(length)
        ? Pool.Round(length) + Pool.Round(CodedMoment.BlocksOf(length) * sizeof(float))
        : Pool.Round(length * sizeof(float));

    unsafe Buffer<T> Zeros<T>(long length) where T : unmanaged
    {
        if (file is null)
            return device.RentZeroed<T>(length, kept: true);
        var buffer = new Buffer<T>(device, file, used, length);
        used += Pool.Round(length * sizeof(T));
        return buffer;
    }

    /// <summary>The map's values on the device, once for all moments that have its codes.</summary>
    FloatBuffer Values(DynamicMap map)
    {
        if (!maps.TryGetValue(map, out var values))
            maps.Add(map, values = device.RentCopy(map.Values, kept: true));
        return values;
    }

    public void Dispose()
    {
        foreach (var moment in moments)
            moment.Dispose();
        foreach (var values in maps.Values)
            values.Dispose();
        file?.Dispose();
    }
}
